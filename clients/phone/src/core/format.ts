/** Weights, money, distances and times as people here write them. Times are shown in the city's zone. */
import { language } from './language.svelte';
import { timeNow } from './time';

let zone = 'Asia/Bangkok';

/** Show times in this zone (`time_zone` of `/config`). */
export function setTimeZone(name: string): void {
  zone = name;
}

/** The time at which clocks of the city show `hour` on the day `daysAhead` of today. */
export function cityTime(daysAhead: number, hour: number, now = timeNow()): Date {
  const midnight = (dayNumber(now) + daysAhead) * DAY_MS;
  const asUtc = new Date(midnight + hour * 3_600_000);
  return new Date(asUtc.getTime() - offsetMs(asUtc));
}

/** How far the clocks of the city are ahead of UTC. */
function offsetMs(time: Date): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(time);
  const [, sign, hours, minutes] =
    /GMT([+-])(\d\d):(\d\d)/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '') ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
}

const UNITS = {
  th: { kg: 'กก.', m: 'ม.', km: 'กม.', piece: 'ชิ้น', pieces: 'ชิ้น', today: 'วันนี้', tomorrow: 'พรุ่งนี้', yesterday: 'เมื่อวาน' },
  en: {
    kg: 'kg',
    m: 'm',
    km: 'km',
    piece: 'piece',
    pieces: 'pieces',
    today: 'Today',
    tomorrow: 'Tomorrow',
    yesterday: 'Yesterday',
  },
} as const;

const SPACE = '\u00a0';
const DAY_MS = 86_400_000;

function locale(): string {
  return language.code === 'th' ? 'th-TH-u-ca-gregory-nu-latn' : 'en-GB';
}

function units(): (typeof UNITS)['th'] | (typeof UNITS)['en'] {
  return UNITS[language.code];
}

/** `1,234.5`, in both languages. Not by `Intl.NumberFormat`, whose first use takes a slow phone 200 ms. */
function number(value: number, digitsMax: number, digitsMin = 0): string {
  const [whole = '', fraction = ''] = value.toFixed(digitsMax).split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  const kept = fraction.replace(/0+$/, '').padEnd(digitsMin, '0');
  return kept ? `${grouped}.${kept}` : grouped;
}

/** `12.5 kg`; two digits after the point at most. */
export function formatKg(kg: number): string {
  return `${number(kg, kg < 10 ? 2 : 1)}${SPACE}${units().kg}`;
}

/** `3 pieces` or `12.5 kg`. */
export function formatQuantity(quantity: number, unit: string): string {
  if (unit === 'kg') return formatKg(quantity);
  return `${number(quantity, 1)}${SPACE}${quantity === 1 ? units().piece : units().pieces}`;
}

/** `฿20`, with satang only where there are some. */
export function formatBaht(amount: number): string {
  return `฿${number(amount, 2, Number.isInteger(amount) ? 0 : 2)}`;
}

/** `450 m` below a kilometre, else `1.2 km`. */
export function formatDistance(metres: number): string {
  if (metres < 950) return `${number(metres, 0)}${SPACE}${units().m}`;
  return `${number(metres / 1000, metres < 10_000 ? 1 : 0)}${SPACE}${units().km}`;
}

/** `14:05`. */
export function formatClock(time: string | Date): string {
  return new Intl.DateTimeFormat(locale(), {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  }).format(new Date(time));
}

/** The number of a time's day in the city, for comparing days. */
export function dayNumber(time: Date): number {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(time);
  return Date.parse(parts) / DAY_MS;
}

/** `Today`, `Tomorrow`, `Wed 3 Dec`, and with the year when it is another one. */
export function formatDay(time: string | Date, now = timeNow()): string {
  const date = new Date(time);
  const away = dayNumber(date) - dayNumber(now);
  if (away === 0) return units().today;
  if (away === 1) return units().tomorrow;
  if (away === -1) return units().yesterday;
  const year = Math.abs(away) > 300 ? ({ year: 'numeric' } as const) : {};
  return new Intl.DateTimeFormat(locale(), {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...year,
    timeZone: zone,
  }).format(date);
}

/** A month such as `2026-11`: `November 2026`, or in little room a short or single-letter name of it. */
export function formatMonth(month: string, width: 'long' | 'narrow'): string {
  const year = width === 'long' ? ({ year: 'numeric' } as const) : {};
  return new Intl.DateTimeFormat(locale(), {
    month: width === 'long' ? 'long' : monthWidth(),
    ...year,
    timeZone: 'UTC',
  }).format(new Date(`${month}-01T00:00:00Z`));
}

/** Single letters do not tell Thai months apart. */
function monthWidth(): 'short' | 'narrow' {
  return language.code === 'th' ? 'short' : 'narrow';
}

/** `Today 14:05`. */
export function formatTime(time: string | Date, now = timeNow()): string {
  return `${formatDay(time, now)} ${formatClock(time)}`;
}

/** `Today 14:00–18:00`, or both days when they differ. */
export function formatWindow(from: string, until: string, now = timeNow()): string {
  const [start, end] = [new Date(from), new Date(until)];
  if (dayNumber(start) === dayNumber(end)) return `${formatDay(start, now)} ${formatClock(start)}–${formatClock(end)}`;
  if (start <= now) return `${formatDay(now, now)} – ${formatDay(end, now)}`;
  return `${formatDay(start, now)} – ${formatDay(end, now)}`;
}

/** `5 minutes ago`, `in 2 hours`. */
export function formatAgo(time: string | Date, now = timeNow()): string {
  const seconds = (new Date(time).getTime() - now.getTime()) / 1000;
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  for (const [unit, size] of [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  }
  return relative.format(0, 'second');
}

/** A time as `<input type="datetime-local">` takes it, in the city's zone whatever the zone of the phone. */
export function toInput(time: Date): string {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
  return new Intl.DateTimeFormat('sv-SE', { ...parts, timeZone: zone }).format(time).replace(' ', 'T');
}

/** The time that such an input says. */
export function fromInput(text: string): Date {
  const asUtc = Date.parse(`${text}Z`);
  const offset = Date.parse(`${toInput(new Date(asUtc))}Z`) - asUtc;
  return new Date(asUtc - offset);
}
