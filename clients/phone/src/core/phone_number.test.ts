import { expect, test } from 'vitest';
import { toE164 } from './phone_number';

test.each([
  '081 234 5678',
  '081-234-5678',
  '๐๘๑ ๒๓๔ ๕๖๗๘',
  '０８１２３４５６７８',
  '812345678',
  '+66 81 234 5678',
  '+66 (0)81 234 5678',
  '+66 081 234 5678',
  '0066 81 234 5678',
  '66812345678',
])('%s is a Thai number', (typed) => {
  expect(toE164(typed, '66')).toBe('+66812345678');
});

test('a number from abroad keeps its country', () => {
  expect(toE164('+44 20 7946 0958', '66')).toBe('+442079460958');
  expect(toE164('0044 20 7946 0958', '66')).toBe('+442079460958');
});

test.each(['', '081', 'abc', '+', '081 234 5678 x', '+6681234567890123'])('%j is no number', (typed) => {
  expect(toE164(typed, '66')).toBeNull();
});
