/** One match and what its two people can do about it. Every action answers with the match as it is then. */
import { ApiError, dataOf, newId, type components } from '@tinder-for-trash/sdk';
import { isAbout, keepFresh } from '../../core/live.svelte';
import { outbox } from '../../core/outbox.svelte';
import { readPlace } from '../../core/place';
import { showProblem } from '../../core/problems';
import { Resource } from '../../core/resource.svelte';
import { api, session } from '../../core/session.svelte';
import { toasts } from '../../core/toasts.svelte';
import { t } from './texts';

type Schemas = components['schemas'];
export type Match = Schemas['MatchOutput'];
export type WeighIn = Schemas['WeighInInputRequest'];

export class Handover {
  readonly id: string;
  readonly match: Resource<Match>;
  isBusy = $state(false);
  /** What the last action was refused for, for the fields of its form. */
  error = $state.raw<unknown>(null);

  constructor(id: string) {
    this.id = id;
    this.match = new Resource(`match/${id}`, () =>
      dataOf(api().GET('/api/v1/matches/{match_id}', { params: { path: { match_id: id } } })),
    );
    keepFresh(this.match, (event) => isAbout(event, 'match', id));
  }

  propose = (at: string) =>
    this.#do(api().POST('/api/v1/matches/{match_id}/handover/propose', { ...this.#params(), body: { at } }));
  agree = (at: string) =>
    this.#do(api().POST('/api/v1/matches/{match_id}/handover/agree', { ...this.#params(), body: { at } }));
  setOff = () => this.#do(api().POST('/api/v1/matches/{match_id}/handover/on-my-way', { ...this.#params(), body: {} }));
  noShow = () => this.#do(api().POST('/api/v1/matches/{match_id}/handover/no-show', this.#params()));
  weighIn = (body: WeighIn) =>
    this.#do(api().POST('/api/v1/matches/{match_id}/handover/weigh-in', { ...this.#params(), body }));
  accept = (version: number) =>
    this.#do(api().POST('/api/v1/matches/{match_id}/handover/accept', { ...this.#params(), body: { version } }));
  /** What the receipt should say. */
  correct = (body: WeighIn) =>
    this.#do(api().POST('/api/v1/matches/{match_id}/receipt/corrections', { ...this.#params(), body }));
  acceptCorrection = (version: number) =>
    this.#do(
      api().POST('/api/v1/matches/{match_id}/receipt/corrections/accept', { ...this.#params(), body: { version } }),
    );
  release = (reason: Schemas['ReleaseReason']) =>
    this.#do(api().POST('/api/v1/matches/{match_id}/release', { ...this.#params(), body: { reason } }));
  rate = (body: Schemas['RatingInputRequest']) =>
    this.#do(api().POST('/api/v1/matches/{match_id}/rating', { ...this.#params(), body }));
  seeOther = () =>
    this.#do(
      api().POST('/api/v1/matches/{match_id}/handover/arrive', {
        ...this.#params(),
        body: { accuracy_m: 0, other: true },
      }),
    );

  /** Arrive by GPS. */
  async arrive(): Promise<boolean> {
    this.isBusy = true;
    const place = await readPlace();
    this.isBusy = false;
    if (!place) {
      toasts.show(t().noGps, { tone: 'bad' });
      return false;
    }
    const body = { lat: place.lat, lon: place.lon, accuracy_m: Math.round(place.accuracy), other: false };
    return this.#do(api().POST('/api/v1/matches/{match_id}/handover/arrive', { ...this.#params(), body }));
  }

  /** The resident's own figures, of the weigh-in that is shown. */
  dispute(figures: Pick<WeighIn, 'lines' | 'paid' | 'is_sure'>): Promise<boolean> {
    const body = { ...figures, weighed_at: this.match.value?.handover.weighed_at ?? undefined };
    return this.#do(api().POST('/api/v1/matches/{match_id}/handover/dispute', { ...this.#params(), body }));
  }

  /** Confirm one's own side of the weigh-in that is shown. */
  confirm(): Promise<boolean> {
    const body = { weighed_at: this.match.value?.handover.weighed_at ?? undefined };
    return this.#do(api().POST('/api/v1/matches/{match_id}/handover/confirm', { ...this.#params(), body }));
  }

  /** Confirm for both with the resident's code. Without a signal it is kept, and sent with the time it was typed. */
  async confirmByCode(code: string): Promise<boolean> {
    this.isBusy = true;
    this.error = null;
    const { outcome } = await outbox.sdk.add<Match>({
      lane: `match/${this.id}`,
      method: 'POST',
      path: `/api/v1/matches/${this.id}/handover/confirm`,
      body: { code, entered_at: session.sdk.clock.now().toISOString() },
    });
    if (!navigator.onLine) {
      this.isBusy = false;
      toasts.show(t().codeKept);
      return true;
    }
    const end = await outcome;
    this.isBusy = false;
    if (end.status === 'sent') this.match.set(end.data);
    if (end.status !== 'refused') return true;
    await outbox.sdk.discard(end.entry.id);
    this.error = new ApiError(end.refusal);
    showProblem(this.error);
    return false;
  }

  /** Add a photo of the scale. */
  async addPhoto(photo: File): Promise<void> {
    this.isBusy = true;
    const form = new FormData();
    form.append('photo', photo);
    try {
      await api().POST('/api/v1/matches/{match_id}/handover/photos', {
        ...this.#params(),
        body: { photo: '' },
        bodySerializer: () => form,
      });
      toasts.show(t().photoAdded, { tone: 'good' });
      await this.match.load();
    } catch (error) {
      showProblem(error);
    } finally {
      this.isBusy = false;
    }
  }

  #params(): { params: { path: { match_id: string }; header: { 'Idempotency-Key': string } } } {
    return { params: { path: { match_id: this.id }, header: { 'Idempotency-Key': newId() } } };
  }

  /** Whether it succeeded; a refusal is shown, and the match read again because it may have moved on. */
  async #do(call: Promise<{ data?: Match }>): Promise<boolean> {
    this.isBusy = true;
    this.error = null;
    try {
      this.match.set(await dataOf(call));
      return true;
    } catch (error) {
      this.error = error;
      showProblem(error);
      if (error instanceof ApiError && error.status === 409) void this.match.load();
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
