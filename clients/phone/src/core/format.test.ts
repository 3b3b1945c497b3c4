import { beforeAll, describe, expect, it, vi } from 'vitest';

type Format = typeof import('./format');
type Language = typeof import('./language.svelte');
let format: Format;
let language: Language['language'];

beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => 'en', setItem: () => undefined });
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  format = await import('./format');
  ({ language } = await import('./language.svelte'));
});

const NOW = new Date('2026-11-29T10:00:00+07:00');

describe('amounts', () => {
  it.each([
    [0.25, '0.25\u00a0kg'],
    [12.34, '12.3\u00a0kg'],
    [1500, '1,500\u00a0kg'],
    [1234567.04, '1,234,567\u00a0kg'],
  ])('writes %d kg', (kg, text) => expect(format.formatKg(kg)).toBe(text));

  it('writes baht with satang only where there are some', () => {
    expect(format.formatBaht(20)).toBe('฿20');
    expect(format.formatBaht(20.5)).toBe('฿20.50');
    expect(format.formatBaht(-1234.5)).toBe('฿-1,234.50');
  });

  it('writes distances below and above a kilometre', () => {
    expect(format.formatDistance(400)).toBe('400\u00a0m');
    expect(format.formatDistance(1200)).toBe('1.2\u00a0km');
  });
});

describe('times', () => {
  it('names the day in the zone of the city', () => {
    expect(format.formatDay('2026-11-29T23:30:00+07:00', NOW)).toBe('Today');
    expect(format.formatDay('2026-11-30T00:30:00+07:00', NOW)).toBe('Tomorrow');
  });

  it('writes a window within a day, and over several', () => {
    expect(format.formatWindow('2026-11-29T14:00:00+07:00', '2026-11-29T18:00:00+07:00', NOW)).toBe(
      'Today 14:00–18:00',
    );
    expect(format.formatWindow('2026-11-30T14:00:00+07:00', '2026-12-02T18:00:00+07:00', NOW)).toBe(
      'Tomorrow – Wed 2 Dec',
    );
  });

  it('speaks Thai with years as the service counts them', () => {
    language.choose('th');
    expect(format.formatTime('2026-12-05T13:00:00+07:00', NOW)).toContain('5 ธ.ค. 13:00');
    expect(format.formatKg(2)).toBe('2\u00a0กก.');
    language.choose('en');
  });

  it('reads an input in the zone of the city', () => {
    const time = new Date('2026-12-05T13:00:00+07:00');
    expect(format.toInput(time)).toBe('2026-12-05T13:00');
    expect(format.fromInput('2026-12-05T13:00').getTime()).toBe(time.getTime());
  });
});
