/** Phone numbers as people type them. */

const THAI_ZERO = '๐'.charCodeAt(0);
/** What stands between digits; `(0)` is the 0 that callers from abroad leave out. */
const BETWEEN = /\(0\)|[\s().·‐-―-]/g;

/** The digits 0 to 9 for Thai ones and for wide ones. */
export function withLatinDigits(typed: string): string {
  return typed.normalize('NFKC').replace(/[๐-๙]/g, (digit) => String(digit.charCodeAt(0) - THAI_ZERO));
}

/** `+66812345678` for `081-234 5678` with calling code `66`; null for what no phone can have. */
export function toE164(typed: string, callingCode: string): string | null {
  const text = withLatinDigits(typed).replace(BETWEEN, '');
  const [, prefix, digits] = /^(\+|00)?(\d+)$/.exec(text) ?? [];
  if (!digits) return null;
  const number = prefix ? withoutTrunk(digits, callingCode) : national(digits, callingCode);
  return number.length >= 8 && number.length <= 15 ? `+${number}` : null;
}

function national(digits: string, callingCode: string): string {
  if (digits.startsWith('0')) return callingCode + digits.slice(1);
  const isWhole = digits.startsWith(callingCode) && digits.length > callingCode.length + 7;
  return isWhole ? withoutTrunk(digits, callingCode) : callingCode + digits;
}

function withoutTrunk(digits: string, callingCode: string): string {
  return digits.startsWith(`${callingCode}0`) ? callingCode + digits.slice(callingCode.length + 1) : digits;
}
