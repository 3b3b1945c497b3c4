/** Last answers of the service in IndexedDB, for reading without a network. Signing out forgets them. */
import { clear, createStore, get, promisifyRequest, setMany } from 'idb-keyval';

const store = createStore('answers', 'answers');

export interface Cache<Value> {
  load(): Promise<Value | null>;
  save(value: Value): Promise<void>;
}

/** The last answer under a key. Where the browser refuses storage, there is none. */
export function cacheFor<Value>(key: string): Cache<Value> {
  return {
    load: async () => (await get<Value>(key, store).catch(() => undefined)) ?? null,
    save: async (value) => put(key, value).catch(() => undefined),
  };
}

/** Store a value and commit at once: a page that is left a moment later would lose it otherwise. */
function put(key: string, value: unknown): Promise<void> {
  return store('readwrite', (rows) => {
    rows.put(value, key);
    rows.transaction.commit();
    return promisifyRequest(rows.transaction);
  });
}

/** Keep each answer of a list for its own screen, such as `match/<id>`. */
export function keepEach<Value extends { id: string }>(kind: string, values: readonly Value[]): void {
  const entries = values.map((value): [string, Value] => [`${kind}/${value.id}`, value]);
  void setMany(entries, store).catch(() => undefined);
}

export async function forgetCaches(): Promise<void> {
  await clear(store).catch(() => undefined);
}
