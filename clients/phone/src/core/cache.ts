/** Last answers of the service in IndexedDB, for reading without a network. Signing out forgets them. */
import { clear, createStore, get, set } from 'idb-keyval';

const store = createStore('answers', 'answers');

export interface Cache<Value> {
  load(): Promise<Value | null>;
  save(value: Value): Promise<void>;
}

/** The last answer under a key. Where the browser refuses storage, there is none. */
export function cacheFor<Value>(key: string): Cache<Value> {
  return {
    load: async () => (await get<Value>(key, store).catch(() => undefined)) ?? null,
    save: async (value) => set(key, value, store).catch(() => undefined),
  };
}

export async function forgetCaches(): Promise<void> {
  await clear(store).catch(() => undefined);
}
