import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

import type { FieldError } from './errors.ts';

/** A request that waits to be sent, or that the service has refused. */
export interface OutboxEntry {
  /** Its place: entries of one lane are sent in the order of their ids. */
  readonly id: number;
  readonly userId: string;
  /** What is kept in order: a conversation, or all swipes. */
  readonly lane: string;
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Such as `/api/v1/pickups/01936f5e-0000-7000-8000-000000000001/swipe`. */
  readonly path: string;
  /** The body as JSON; null for none, or when there is a `form`. */
  readonly body: unknown;
  /** The fields of a form, with its photos. */
  readonly form: Readonly<Record<string, string | Blob>> | null;
  /** The key of an earlier entry in the lane: the `id` in its response replaces `{id}` in `path`. Null for none. */
  readonly after: string | null;
  /** Sent as `Idempotency-Key`; of a message also its `client_id`. */
  readonly key: string;
  /** Whether the service recognises the request for ever, by a `client_id`, and not only as long as it keeps keys. */
  readonly isRecognized: boolean;
  /** The time of the service when it was put in, RFC 3339. */
  readonly createdAt: string;
  /** When it was first sent; null while it never was. */
  triedAt: string | null;
  /** How often the service has failed at it (500). */
  failures: number;
  /** Why it was set aside; null while it waits. */
  refusal: Refusal | null;
}

/**
 * Why an entry was set aside. `code` as in the API, or `outcome_unknown`: it may have been carried out, too long ago to
 * repeat it safely; `earlier_refused`: it needs an entry that was refused; `storage_unreadable`: its photo has vanished.
 */
export interface Refusal {
  code: string;
  message: string;
  status: number;
  fields: FieldError[];
}

/** Where the entries are kept. Calls may come from several tabs at once. */
export interface OutboxStore {
  /** A name that all tabs know it by; null when it belongs to this object alone. */
  readonly sharedName: string | null;
  /** All entries by id. */
  all(): Promise<OutboxEntry[]>;
  /** Store new entries, all or none; returns their ids, which rise, and are above all earlier ones. */
  add(entries: NewEntry[]): Promise<number[]>;
  /** Replace an entry; does nothing when it has been removed. */
  replace(entry: OutboxEntry): Promise<void>;
  remove(id: number): Promise<void>;
}

export type NewEntry = Omit<OutboxEntry, 'id'>;

interface Database extends DBSchema {
  entries: { key: number; value: NewEntry & { id?: number } };
}

/** Entries in IndexedDB; they outlive the page and the browser. */
export function indexedDbStore(name = 'tinder-for-trash-outbox'): OutboxStore {
  let opened: Promise<IDBPDatabase<Database>> | null = null;
  const open = (): Promise<IDBPDatabase<Database>> => {
    opened ??= openDB<Database>(name, 1, {
      upgrade: (database) => void database.createObjectStore('entries', { keyPath: 'id', autoIncrement: true }),
      blocking: (_current, _wanted, event) => {
        (event.target as IDBDatabase).close();
        opened = null;
      },
      terminated: () => {
        opened = null;
      },
    });
    opened.catch(() => {
      opened = null;
    });
    return opened;
  };
  return {
    sharedName: name,
    all: async () => (await (await open()).getAll('entries')) as OutboxEntry[],
    add: async (entries) => {
      const { store, done } = (await open()).transaction('entries', 'readwrite');
      const ids = Promise.all(entries.map((entry) => store.add(entry)));
      await Promise.all([ids, done]);
      return ids;
    },
    replace: async (entry) => {
      const { store, done } = (await open()).transaction('entries', 'readwrite');
      if ((await store.getKey(entry.id)) !== undefined) await store.put(entry);
      await done;
    },
    remove: async (id) => (await open()).delete('entries', id),
  };
}

/** Entries that are lost with the process. */
export function memoryOutboxStore(): OutboxStore {
  const entries = new Map<number, OutboxEntry>();
  let last = 0;
  return {
    sharedName: null,
    all: async () => [...entries.values()].map((entry) => ({ ...entry })),
    add: async (added) =>
      added.map((entry) => {
        last += 1;
        entries.set(last, { ...entry, id: last });
        return last;
      }),
    replace: async (entry) => {
      if (entries.has(entry.id)) entries.set(entry.id, { ...entry });
    },
    remove: async (id) => void entries.delete(id),
  };
}
