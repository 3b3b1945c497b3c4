import { describe, expect, it } from 'vitest';
import { worthOf } from './weigh_form';

const LINE = { material: 'pet_clear', unit: 'kg', gross: '', tare: '', pieces: '', left: '', price: '', grade: '' };

describe('what a line is worth', () => {
  it.each([
    ['3.585', '0.25', '9.5', 3168],
    ['0.05', '', '0.1', 1],
    ['0.015', '', '1', 2],
    ['2,5', '', '4', 1000],
  ])('%s kg less %s at %s baht', (gross, tare, price, satang) => {
    expect(worthOf({ ...LINE, gross, tare, price }, 1)).toBe(satang);
  });

  it('is the amount where it was given without a price', () => {
    expect(worthOf({ ...LINE, gross: '3', amount: '-20,5' }, 1)).toBe(-2050);
    expect(worthOf({ ...LINE, gross: '3', amount: '20', price: '10' }, 1)).toBe(3000);
  });

  it('is nothing without a price', () => {
    expect(worthOf({ ...LINE, gross: '3' }, 1)).toBeNull();
  });

  it('comes from the weight of a piece where pieces are counted', () => {
    expect(worthOf({ ...LINE, pieces: '12', price: '2' }, 0.35)).toBe(840);
  });
});
