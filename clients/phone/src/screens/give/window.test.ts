import { beforeAll, expect, it, vi } from 'vitest';

let asOfNow: (typeof import('./window'))['asOfNow'];

beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => 'en', setItem: () => undefined });
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  ({ asOfNow } = await import('./window'));
});

it.each([
  ['is the same when the clock was put back a little', '2026-11-29T22:00:00+07:00', 1, '2026-11-29T21:59:58+07:00', 1],
  ['is today after midnight', '2026-11-29T23:00:00+07:00', 1, '2026-11-30T01:00:00+07:00', 0],
  ['is the first choice when it is over', '2026-11-29T09:00:00+07:00', 0, '2026-11-30T21:00:00+07:00', 1],
])('a day %s', (_, chosen, daysAhead, now, expected) => {
  const choice = asOfNow({ daysAhead, part: 'all', at: Date.parse(chosen) }, new Date(now));

  expect(choice.daysAhead).toBe(expected);
});
