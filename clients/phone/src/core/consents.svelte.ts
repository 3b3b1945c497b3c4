/** What the person has still to accept: the terms, the privacy notice and the age. Asked for once, and at a new version. */
import { dataOf, newId, type components } from '@tinder-for-trash/sdk';
import { cacheFor, type Cache } from './cache';
import { config } from './config.svelte';
import { api, session } from './session.svelte';

export type Consent = components['schemas']['ConsentRow'];

class Consents {
  /** Empty also while it is not known, such as without a signal. */
  missing = $state.raw<readonly Consent[]>([]);
  /** Ask the service, unless this phone knows that all versions in force are accepted. */
  async check(): Promise<void> {
    const { userId } = session;
    this.missing = [];
    try {
      const inForce = (await config.read())?.consents;
      const kept = await cacheOf(userId).load();
      if (inForce && kept && Object.entries(inForce).every(([purpose, version]) => kept[purpose] === version)) return;
      this.#use(userId, (await dataOf(api().GET('/api/v1/me/consents'))).results);
    } catch {
      // It is asked at the next start.
    }
  }

  /** Accept all that is missing, in the versions shown. Rejects with ApiError. */
  async accept(): Promise<void> {
    const { userId } = session;
    const channel = window.matchMedia('(display-mode: standalone)').matches ? 'app' : 'web';
    for (const { purpose, current_version: version } of this.missing) {
      const params = { header: { 'Idempotency-Key': newId() } };
      const body = { purpose, version, is_given: true, channel } as const;
      this.#use(userId, (await dataOf(api().POST('/api/v1/me/consents', { params, body }))).results);
    }
  }

  /** Nothing when somebody else has signed in since it was asked for. */
  #use(userId: string | null, rows: readonly Consent[]): void {
    if (userId !== session.userId) return;
    this.missing = rows.filter(({ is_current }) => !is_current);
    if (this.missing.length === 0) {
      void cacheOf(userId).save(Object.fromEntries(rows.map((row) => [row.purpose, row.current_version])));
    }
  }
}

/** The versions that this person is known to have accepted. */
function cacheOf(userId: string | null): Cache<Record<string, string>> {
  return cacheFor(`consents/${userId}`);
}

export const consents = new Consents();
