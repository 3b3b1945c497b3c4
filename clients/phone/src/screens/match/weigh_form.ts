/** The figures of a weigh-in as they are typed. They are kept on the phone until they are handed in. */
import { cacheFor, type Cache } from '../../core/cache';
import type { Match } from './handover.svelte';

export interface Line {
  material: string;
  unit: string;
  gross: string;
  tare: string;
  pieces: string;
  left: string;
  price: string;
  /** What it was worth where it was given without a price; of other lines it is not asked. */
  amount?: string;
  grade: string;
}

export interface Form {
  lines: Line[];
  paid: string;
  residentPays: boolean;
}

export type Grade = 'a' | 'b' | 'c';
export const GRADES: readonly Grade[] = ['a', 'b', 'c'];

/** Figures as the API takes and gives them. */
export interface Figures {
  lines: readonly {
    material: string;
    gross_kg?: number;
    tare_kg?: number;
    pieces?: number | null;
    price_thb_per_kg?: number | null;
    paid?: number | null;
    grade?: Grade | null;
  }[];
  left?: readonly { material: string; quantity: number }[];
  paid: number;
}

/** The figures of `given`; without them those of the last weigh-in; without one those that the pickup suggests. */
export function formOf(match: Match, given: Figures | null = lastWeighIn(match)): Form {
  const weighed = new Map(given?.lines.map((line) => [line.material, line]));
  const left = new Map(given?.left?.map(({ material, quantity }) => [material, quantity]));
  const lines = match.pickup.items.map(({ material, unit }) => {
    const line = weighed.get(material);
    return {
      material,
      unit,
      gross: typed(line?.gross_kg),
      tare: typed(line?.tare_kg),
      pieces: typed(line?.pieces),
      left: typed(left.get(material)),
      price: typed(line?.price_thb_per_kg),
      ...(hasAmount(line) ? { amount: String(line?.paid) } : {}),
      grade: line?.grade ?? '',
    };
  });
  const { amount, mode } = match.pickup.price;
  const paid = given ? given.paid : Number(amount ?? 0) * (mode === 'pays' ? -1 : 1);
  return { lines, paid: typed(Math.abs(paid)), residentPays: paid < 0 };
}

function hasAmount(line: Figures['lines'][number] | undefined): boolean {
  return !line?.price_thb_per_kg && line?.paid != null;
}

function lastWeighIn({ handover: { weighed_at, lines, left, paid } }: Match): Figures | null {
  return weighed_at ? { lines, left, paid } : null;
}

function typed(value: number | null | undefined): string {
  return value ? String(value) : '';
}

/** What a line is worth, in satang, as the service rounds it; null without price and amount. A piece weighs `kgPerUnit`. */
export function worthOf(line: Line, kgPerUnit: number): number | null {
  if (!line.price) return line.amount ? Math.round(parse(line.amount) * 100) : null;
  const counted = parse(line.pieces) * kgPerUnit;
  const grams = Math.round((line.gross === '' ? counted : parse(line.gross) - parse(line.tare)) * 1000);
  return Math.round((grams * Math.round(parse(line.price) * 100)) / 1000);
}

/** A number as people type it, with a point or a comma. */
export function parse(text: string): number {
  const value = Number(text.replace(',', '.'));
  return Number.isFinite(value) ? value : 0;
}

/** What is typed under a key, such as `weigh/<id>`, until it is handed in. */
export function keptForm(key: string): Cache<Form | null> {
  return cacheFor<Form | null>(key);
}
