import { readFileSync, renameSync, writeFileSync } from 'node:fs';

import type { OutboxEntry, OutboxStore, ValueStore } from '@tinder-for-trash/sdk';

/** A value in a file, which is whole at any time. */
export function fileStore<Value>(path: string): ValueStore<Value> {
  return {
    load: () => read<Value | null>(path, null),
    save: (value) => write(path, value),
  };
}

/** Entries in a file, for one process at a time. */
export function fileOutboxStore(path: string): OutboxStore {
  interface Kept {
    last: number;
    entries: OutboxEntry[];
  }
  const load = (): Kept => read<Kept>(path, { last: 0, entries: [] });
  const change = (with_: (entries: OutboxEntry[]) => OutboxEntry[]): void => {
    const kept = load();
    write(path, { ...kept, entries: with_(kept.entries) });
  };
  return {
    sharedName: null,
    all: async () => load().entries,
    add: async (added) => {
      const { last, entries } = load();
      const withIds = added.map((entry, place) => ({ ...entry, id: last + 1 + place }));
      write(path, { last: last + added.length, entries: [...entries, ...withIds] });
      return withIds.map(({ id }) => id);
    },
    replace: async (entry) => change((entries) => entries.map((one) => (one.id === entry.id ? entry : one))),
    remove: async (id) => change((entries) => entries.filter((one) => one.id !== id)),
  };
}

function read<Value>(path: string, otherwise: Value): Value {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Value;
  } catch {
    return otherwise;
  }
}

function write(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, JSON.stringify(value));
  renameSync(`${path}.new`, path);
}
