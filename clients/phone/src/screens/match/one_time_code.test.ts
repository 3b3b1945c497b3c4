import { describe, expect, it } from 'vitest';
import { codeAt, secondsLeft, type OneTimeCode } from './one_time_code';

/** The secret of appendix B of RFC 6238, `12345678901234567890`. */
const SOURCE: OneTimeCode = {
  secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  digits: 8,
  period_s: 30,
  algorithm: 'SHA1',
  until: '2026-12-01T00:00:00Z',
};

describe('one-time codes', () => {
  it.each([
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ])('are those of RFC 6238 at second %d', async (second, code) => {
    expect(await codeAt(SOURCE, new Date(second * 1000))).toBe(code);
  });

  it('have as many digits as the service says', async () => {
    expect(await codeAt({ ...SOURCE, digits: 6 }, new Date(1111111109_000))).toBe('081804');
  });

  it('change at every period', () => {
    expect(secondsLeft(SOURCE, new Date(59_000))).toBe(1);
    expect(secondsLeft(SOURCE, new Date(60_000))).toBe(30);
  });
});
