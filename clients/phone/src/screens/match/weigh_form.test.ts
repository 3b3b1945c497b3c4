import { describe, expect, it } from 'vitest';
import type { Match } from './handover.svelte';
import { formOf, worthOf } from './weigh_form';

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

describe('the form of figures that were given', () => {
  const items = ['pet_clear', 'copper', 'hdpe'].map((material) => ({ material, unit: 'kg' }));
  const match = { pickup: { items, price: { mode: 'free' } } } as unknown as Match;

  it('has the amount of a line without a price, and of no other', () => {
    const lines = [
      { material: 'pet_clear', gross_kg: 3, price_thb_per_kg: 10, paid: 30 },
      { material: 'copper', gross_kg: 1, price_thb_per_kg: null, paid: 0 },
      { material: 'hdpe', gross_kg: 1, price_thb_per_kg: null, paid: null },
    ];

    expect(formOf(match, { lines, paid: 30 }).lines.map(({ amount }) => amount)).toEqual([undefined, '0', undefined]);
  });
});
