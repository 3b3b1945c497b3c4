import { Backoff } from './backoff.ts';
import { ApiError } from './errors.ts';
import type { Outcome } from './outbox.ts';
import type { OutboxEntry, OutboxStore, Refusal } from './outbox-store.ts';
import type { Session } from './session.ts';
import { exclusively } from './tabs.ts';

const LANES_AT_ONCE = 4;
const PATIENCE_MS = 30_000;
/** A photo of 10 MB by a slow connection. */
const UPLOAD_PATIENCE_MS = 300_000;
/** How often the service may fail (500) at one entry before it is set aside. */
const FAILURES_MAX = 5;
/** The service keeps idempotency keys for 48 hours; what is repeated later could be carried out twice. */
const KEY_LIFE_MS = 40 * 3_600_000;
/** The app is too old for the service. Entries wait for its update. */
const OUTDATED = 'app_outdated';
const EARLIER_REFUSED = 'earlier_refused';
const STORE_RETRY_MS = 5_000;

export interface SenderOptions {
  session: Session;
  store: OutboxStore;
  random: (() => number) | undefined;
  /** Read all entries again. */
  load(): Promise<OutboxEntry[]>;
  /** An entry has ended; the store knows. */
  finish(outcome: Outcome): Promise<void>;
}

interface Lane {
  backoff: Backoff;
  notBefore: number;
}

/** Sends the entries of an outbox: the first of each lane, a few lanes at once. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #sending = new Map<string, number>();
  #draining: Promise<void> | null = null;
  /** Whether something may be due that the drain has not seen. */
  #isWanted = false;
  /** How many entries have been tried. */
  #ended = 0;
  #wake: () => void = () => undefined;
  #timer: unknown = null;
  #isClosed = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  isSending(id: number): boolean {
    return [...this.#sending.values()].includes(id);
  }

  /** Send what is due, waits between tries left aside. */
  flush(): void {
    this.#lanes.clear();
    this.drain();
  }

  /** Send what is due. */
  drain(): void {
    if (this.#isClosed) return;
    this.#isWanted = true;
    this.#wake();
    this.#draining ??= this.#drain();
  }

  close(): void {
    this.#isClosed = true;
    this.#options.session.timers.clearTimeout(this.#timer);
  }

  async #drain(): Promise<void> {
    const { store, session, load } = this.#options;
    try {
      let entries: OutboxEntry[];
      do {
        await exclusively(store.sharedName, () => this.#sendAll());
        entries = await load();
      } while (this.#isWanted);
      this.#schedule(entries);
    } catch {
      this.#timer = session.timers.setTimeout(() => this.drain(), STORE_RETRY_MS);
    } finally {
      this.#draining = null;
    }
  }

  async #sendAll(): Promise<void> {
    const sending = new Set<Promise<void>>();
    for (;;) {
      this.#isWanted = false;
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const entries = await this.#loadSettled();
      for (const entry of this.#due(entries)) {
        if (sending.size >= LANES_AT_ONCE) break;
        const work = isUndone(entry, entries) ? this.#drop(entry) : this.#send(entry);
        const sent = this.#finishInLane(entry, work).finally(() => sending.delete(sent));
        sending.add(sent);
      }
      if (sending.size === 0) return;
      await Promise.race([...sending, woken]);
    }
  }

  /** All entries. Reads again when one has ended meanwhile, because it may have been read as waiting. */
  async #loadSettled(): Promise<OutboxEntry[]> {
    for (;;) {
      const ended = this.#ended;
      const entries = await this.#options.load();
      if (ended === this.#ended) return entries;
    }
  }

  /** The first waiting entry of each lane that has one, is free, and does not pause after a failure. */
  #due(entries: OutboxEntry[]): OutboxEntry[] {
    const now = this.#options.session.timers.now();
    return this.#heads(entries).filter(
      ({ lane }) => !this.#sending.has(lane) && (this.#lanes.get(lane)?.notBefore ?? 0) <= now,
    );
  }

  #heads(entries: OutboxEntry[]): OutboxEntry[] {
    const { session } = this.#options;
    if (this.#isClosed || session.state !== 'signed_in') return [];
    const heads = new Map<string, OutboxEntry>();
    for (const entry of entries) {
      const isWaiting = entry.userId === session.userId && entry.refusal === null;
      if (isWaiting && !heads.has(entry.lane)) heads.set(entry.lane, entry);
    }
    return [...heads.values()];
  }

  #schedule(entries: OutboxEntry[]): void {
    const { timers } = this.#options.session;
    timers.clearTimeout(this.#timer);
    const times = this.#heads(entries).map(({ lane }) => this.#lanes.get(lane)?.notBefore ?? 0);
    if (times.length === 0) return;
    this.#timer = timers.setTimeout(() => this.drain(), Math.max(0, Math.min(...times) - timers.now()));
  }

  async #finishInLane(entry: OutboxEntry, work: Promise<Outcome | null>): Promise<void> {
    this.#sending.set(entry.lane, entry.id);
    const outcome = await work.catch(() => {
      // The store failed: the entry is still there, and its key tells the service when it is sent again.
      this.#pause(entry.lane);
      return null;
    });
    this.#sending.delete(entry.lane);
    this.#ended += 1;
    if (outcome !== null) await this.#options.finish(outcome).catch(() => undefined);
  }

  async #drop(entry: OutboxEntry): Promise<Outcome> {
    await this.#options.store.remove(entry.id);
    return { status: 'discarded', entry };
  }

  /** Returns null while the entry still waits. */
  async #send(entry: OutboxEntry): Promise<Outcome | null> {
    const { store, session } = this.#options;
    if (await this.#isStuck(entry))
      return this.#setAside(entry, refusalOf(EARLIER_REFUSED, 'It needs what was refused.'));
    if (this.#isTooLate(entry)) return this.#setAside(entry, refusalOf('outcome_unknown', 'It may have been sent.'));
    if (entry.triedAt === null) await store.replace({ ...entry, triedAt: session.clock.now().toISOString() });
    try {
      const request = await requestOf(entry, session);
      if (session.userId !== entry.userId) return null;
      const data = await dataIn(await session.send(request, entry.form ? UPLOAD_PATIENCE_MS : PATIENCE_MS));
      await this.#fillIn(entry, data);
      await store.remove(entry.id);
      this.#lanes.delete(entry.lane);
      return { status: 'sent', entry, data };
    } catch (error) {
      return error instanceof ApiError ? this.#handle(entry, error) : this.#setAside(entry, unreadable(error));
    }
  }

  /** Give the id of what was made to the entries that need it. */
  async #fillIn({ key }: OutboxEntry, data: unknown): Promise<void> {
    const { store } = this.#options;
    for (const later of (await store.all()).filter(({ after }) => after === key)) {
      const refusal = later.refusal?.code === EARLIER_REFUSED ? null : later.refusal;
      const path = later.path.replace('{id}', String((data as { id?: unknown } | null)?.id));
      await store.replace({ ...later, path, after: null, refusal });
    }
  }

  /** Whether it needs an entry that was refused, or the id of one that is unknown. */
  async #isStuck({ after, path }: OutboxEntry): Promise<boolean> {
    if (after === null) return false;
    return path.includes('{id}') || (await this.#options.store.all()).some(({ key }) => key === after);
  }

  #isTooLate(entry: OutboxEntry): boolean {
    if (entry.triedAt === null || entry.isRecognized) return false;
    return this.#options.session.clock.now().getTime() - Date.parse(entry.triedAt) > KEY_LIFE_MS;
  }

  async #handle(entry: OutboxEntry, error: ApiError): Promise<Outcome | null> {
    if (error.status === 401) {
      // Of an earlier token, or the session is expired now; it waits for the next sign-in.
      this.#pause(entry.lane);
      return null;
    }
    const failures = entry.failures + (error.status === 500 ? 1 : 0);
    const mayPass = error.isTemporary || error.code === OUTDATED;
    if (!mayPass || failures >= FAILURES_MAX) return this.#setAside(entry, refusalIn(error));
    if (failures > entry.failures) await this.#update(entry, { failures });
    this.#pause(entry.lane, error.retryAfterS ?? 0);
    return null;
  }

  async #setAside(entry: OutboxEntry, refusal: Refusal): Promise<Outcome> {
    this.#lanes.delete(entry.lane);
    return { status: 'refused', entry: await this.#update(entry, { refusal }), refusal };
  }

  async #update(entry: OutboxEntry, change: Partial<OutboxEntry>): Promise<OutboxEntry> {
    const triedAt = entry.triedAt ?? this.#options.session.clock.now().toISOString();
    const changed = { ...entry, triedAt, ...change };
    await this.#options.store.replace(changed);
    return changed;
  }

  #pause(name: string, atLeastS = 0): void {
    const { random, session } = this.#options;
    const lane = this.#lanes.get(name) ?? { backoff: new Backoff(random), notBefore: 0 };
    lane.notBefore = session.timers.now() + lane.backoff.next(atLeastS);
    this.#lanes.set(name, lane);
  }
}

/** Whether a later entry deletes what this one would make: the last word counts, and is harmless without the first. */
function isUndone({ id, lane, path, userId }: OutboxEntry, entries: OutboxEntry[]): boolean {
  const laters = entries.filter(
    (one) => one.id > id && one.lane === lane && one.path === path && one.userId === userId,
  );
  return laters.some(({ method, refusal }) => method === 'DELETE' && refusal === null);
}

async function requestOf(entry: OutboxEntry, session: Session): Promise<Request> {
  const headers = new Headers({ 'Idempotency-Key': entry.key });
  if (entry.form === null && entry.body !== null) headers.set('Content-Type', 'application/json');
  const body = entry.form === null ? jsonOf(entry.body) : await formOf(entry.form);
  return new Request(session.baseUrl + entry.path, { method: entry.method, headers, body });
}

/** The login page of a public network also answers with 200, to whatever was sent. */
async function dataIn(response: Response): Promise<unknown> {
  if (response.status === 204) return null;
  const isJson = response.headers.get('Content-Type')?.startsWith('application/json');
  if (isJson) return response.json();
  throw new ApiError({ code: 'network', status: 0, message: 'Something else than the service has answered.' });
}

function jsonOf(body: unknown): string | null {
  return body === null ? null : JSON.stringify(body);
}

/** Reads the files now: one that has vanished from the device would look like a lost connection. */
async function formOf(fields: Readonly<Record<string, string | Blob>>): Promise<FormData> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([await value.arrayBuffer()], { type: value.type }), fileName(value));
  }
  return form;
}

function fileName(file: Blob): string {
  return 'name' in file && typeof file.name === 'string' ? file.name : 'photo.jpg';
}

function refusalIn({ code, message, status, fields }: ApiError): Refusal {
  return { code, message, status, fields: [...fields] };
}

function refusalOf(code: string, message: string): Refusal {
  return { code, message, status: 0, fields: [] };
}

function unreadable(error: unknown): Refusal {
  return refusalOf('storage_unreadable', String(error));
}
