/** Times to collect, as people choose them: a day, and a part of it. */
import { cityTime, dayNumber } from '../../core/format';
import { timeNow } from '../../core/time';

export const PARTS = { all: [8, 20], morning: [8, 12], afternoon: [12, 17], evening: [17, 20] } as const;
export type Part = keyof typeof PARTS;
export const DAYS_AHEAD = [0, 1, 2, 3, 4, 5, 6] as const;

/** How long a window must still be open, so that somebody can come. */
const LEFT_MS = 30 * 60_000;

export interface Choice {
  daysAhead: number;
  part: Part;
}

/** A choice, and when it was made. */
export type Chosen = Choice & { at: number };

/** When it can be collected. Of today, what is left. */
export function windowOf({ daysAhead, part }: Choice, now = timeNow()): { from: string; until: string } {
  const [opens, closes] = PARTS[part];
  const from = cityTime(daysAhead, opens, now);
  const until = cityTime(daysAhead, closes, now);
  return { from: (from < now ? now : from).toISOString(), until: until.toISOString() };
}

/** Whether there is time left in it. */
export function isOpen({ daysAhead, part }: Choice, now = timeNow()): boolean {
  return cityTime(daysAhead, PARTS[part][1], now).getTime() - now.getTime() > LEFT_MS;
}

/** Today while there is time, else tomorrow. */
export function firstChoice(now = timeNow()): Choice {
  return { daysAhead: isOpen({ daysAhead: 0, part: 'all' }, now) ? 0 : 1, part: 'all' };
}

/** The same choice, counted from today: yesterday's "tomorrow" is today. One that is over becomes the first choice. */
export function asOfNow({ daysAhead, part, at }: Chosen, now = timeNow()): Chosen {
  const choice = { daysAhead: daysAhead - (dayNumber(now) - dayNumber(new Date(at))), part };
  const isPossible = choice.daysAhead >= 0 && isOpen(choice, now);
  return { ...(isPossible ? choice : firstChoice(now)), at: now.getTime() };
}
