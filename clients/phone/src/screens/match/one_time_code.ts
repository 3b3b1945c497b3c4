/** One-time codes (RFC 6238), as the resident's phone shows them without a signal. */
import type { components } from '@tinder-for-trash/sdk';

export type OneTimeCode = components['schemas']['OneTimeCodeOutput'];

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The code at a time. Works in secure contexts alone (HTTPS or this machine), as browsers give no HMAC elsewhere. */
export async function codeAt(source: OneTimeCode, time: Date): Promise<string> {
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(Math.floor(time.getTime() / 1000 / source.period_s)));
  const hmac = { name: 'HMAC', hash: 'SHA-1' };
  const key = await crypto.subtle.importKey('raw', fromBase32(source.secret), hmac, false, ['sign']);
  const digest = new DataView(await crypto.subtle.sign('HMAC', key, counter.buffer));
  const offset = digest.getUint8(digest.byteLength - 1) & 0xf;
  const number = digest.getUint32(offset) & 0x7fffffff;
  return String(number % 10 ** source.digits).padStart(source.digits, '0');
}

/** Seconds until the next code. */
export function secondsLeft(source: OneTimeCode, time: Date): number {
  return source.period_s - (Math.floor(time.getTime() / 1000) % source.period_s);
}

function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  const letters = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((letters.length * 5) / 8));
  let [bits, buffer, end] = [0, 0, 0];
  for (const letter of letters) {
    buffer = ((buffer << 5) | BASE32.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[end++] = (buffer >> bits) & 0xff;
  }
  return bytes;
}
