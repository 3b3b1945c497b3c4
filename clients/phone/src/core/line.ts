/**
 * Sign-in with LINE by LIFF. Its script is LINE's own, loaded when it is needed.
 *
 * In a browser the person goes to LINE and comes back to the screen they left; inside LINE the app gets their token at
 * once. Each token of LIFF becomes a session of the service and is then forgotten.
 */
import type { SignInProof } from '@tinder-for-trash/sdk';
import { config } from './config.svelte';
import { session } from './session.svelte';

interface Liff {
  init(options: { liffId: string }): Promise<void>;
  isInClient(): boolean;
  isLoggedIn(): boolean;
  login(options: { redirectUri: string }): void;
  logout(): void;
  getIDToken(): string | null;
  getDecodedIDToken(): { nonce?: string } | null;
}

declare global {
  interface Window {
    liff?: Liff;
  }
}

/** https://developers.line.biz/en/docs/liff/developing-liff-apps/; `backend/core/http/phone.py` allows it. */
const SCRIPT = 'https://static.line-scdn.net/liff/edge/2/sdk.js';
/** What LINE adds to the address it comes back to. */
const ANSWER = ['code', 'state', 'error', 'error_description', 'liffClientId', 'liffRedirectUri', 'liffOAuth2Error'];
const KEY = 'line_purpose';

export type LinePurpose = 'sign_in' | 'link';
/** How a login at LINE has ended that began on this phone. */
export type LineResult = { purpose: LinePurpose; proof: SignInProof | null };

let result: LineResult | null = null;
let starting: Promise<Liff> | null = null;

/** Start LIFF when LINE has opened this page or comes back to it. Comes before the router: LIFF reads the address. */
export async function resumeLine(): Promise<void> {
  const query = new URLSearchParams(window.location.search);
  const isBack = query.has('liffClientId') || query.has('liffOAuth2Error');
  const isInLine = / LIFF\b/.test(navigator.userAgent) || query.has('liff.state');
  if (!isBack && !isInLine) return;
  const purpose = takePurpose() ?? (isInLine && session.state !== 'signed_in' ? 'sign_in' : null);
  const proof = await startLiff().then(takeProof, () => null);
  forgetAnswer();
  if (purpose && (proof || isBack)) result = { purpose, proof };
}

/** What came of a login for this purpose; once. */
export function takeLineResult(purpose: LinePurpose): LineResult | null {
  const found = result?.purpose === purpose ? result : null;
  if (found) result = null;
  return found;
}

/** The proof when LIFF has it, as inside LINE; else null, and the browser leaves for LINE. */
export async function proveByLine(purpose: LinePurpose): Promise<SignInProof | null> {
  const liff = await startLiff();
  const proof = takeProof(liff);
  if (proof) return proof;
  localStorage.setItem(KEY, purpose);
  liff.login({ redirectUri: window.location.href });
  return null;
}

function startLiff(): Promise<Liff> {
  starting ??= load().catch((error: unknown) => {
    starting = null;
    throw error;
  });
  return starting;
}

async function load(): Promise<Liff> {
  const liffId = (await config.read())?.sign_in.line?.liff_id;
  if (!liffId) throw new Error('No LIFF app is configured.');
  await new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement('script'), { src: SCRIPT, onload: resolve, onerror: reject });
    document.head.append(script);
  });
  const liff = window.liff!;
  await liff.init({ liffId });
  return liff;
}

/** A token with a nonce works only beside it. */
function takeProof(liff: Liff): SignInProof | null {
  const token = liff.isLoggedIn() ? liff.getIDToken() : null;
  if (!token) return null;
  const proof: SignInProof = { provider: 'line', token, nonce: liff.getDecodedIDToken()?.nonce ?? '' };
  if (!liff.isInClient()) liff.logout();
  return proof;
}

function takePurpose(): LinePurpose | null {
  const purpose = localStorage.getItem(KEY);
  localStorage.removeItem(KEY);
  return purpose === 'sign_in' || purpose === 'link' ? purpose : null;
}

function forgetAnswer(): void {
  const url = new URL(window.location.href);
  ANSWER.forEach((name) => url.searchParams.delete(name));
  url.hash = '';
  history.replaceState(null, '', url.pathname + url.search);
}
