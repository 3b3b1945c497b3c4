import { beforeAll, describe, expect, it, vi } from 'vitest';

type Filter = typeof import('./filter.svelte');
let filter: Filter;

beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => 'en', setItem: () => undefined });
  vi.stubGlobal('window', { location: { pathname: '/', origin: '' } });
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  filter = await import('./filter.svelte');
});

const NOW = new Date('2026-11-29T22:00:00Z');

describe('the days of the filter', () => {
  it('lets today end at midnight in the city, wherever the phone is', () => {
    const query = filter.queryOf({ ...filter.NO_WISHES, when: 'today' }, NOW);

    expect([query.window_from, query.window_until]).toEqual(['2026-11-29T22:00:00.000Z', '2026-11-30T17:00:00.000Z']);
  });

  it('takes tomorrow as the city has it', () => {
    const query = filter.queryOf({ ...filter.NO_WISHES, when: 'tomorrow' }, NOW);

    expect([query.window_from, query.window_until]).toEqual(['2026-11-30T17:00:00.000Z', '2026-12-01T17:00:00.000Z']);
  });
});
