/** Where the host keeps a small value over restarts: `localStorage`, a keychain, a file. */
export interface ValueStore<Value> {
  load(): Promise<Value | null> | Value | null;
  save(value: Value): Promise<void> | void;
  /** Call `changed` when another tab or process saved a value. Returns a function that stops that. */
  watch?(changed: () => void): () => void;
}

/** A value that is lost with the process. */
export function memoryStore<Value>(initial: Value | null = null): ValueStore<Value> {
  let kept = initial;
  return {
    load: () => kept,
    save: (value) => {
      kept = value;
    },
  };
}

/** A value as JSON under one key of `localStorage`. Behaves like {@link memoryStore} where the browser refuses storage. */
export function webStore<Value>(key: string): ValueStore<Value> {
  const fallback = memoryStore<Value>();
  return {
    load: () => {
      try {
        const text = localStorage.getItem(key);
        return text === null ? fallback.load() : (JSON.parse(text) as Value);
      } catch {
        return fallback.load();
      }
    },
    save: (value) => {
      void fallback.save(value);
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        // Private windows and full disks: the value lives as long as the page.
      }
    },
    watch: (changed) => {
      const listener = (event: StorageEvent): void => {
        if (event.key === key) changed();
      };
      addEventListener('storage', listener);
      return () => removeEventListener('storage', listener);
    },
  };
}
