/**
 * Asks for the deck while the rest of the app is still on its way. The build gives this module a file of its own, which
 * `index.html` loads first; the session takes the response for its first request, if that turns out to be the same.
 */
import type { StoredSession } from '@tinder-for-trash/sdk';
import { firstLanguage } from './first_language';
import { lastTab } from './last_tab';

/** Where the session and the wishes are stored. */
export const SESSION_KEY = 'session';
export const FILTER_KEY = 'deck-filter';

interface Early {
  url: string;
  headers: Record<string, string>;
  response: Promise<Response>;
  stop: AbortController;
}

let early = ask();

/**
 * The response to this request, when it has been asked for already; null else, and the second time. It ends with the
 * request, which waits for a stalled network no longer than others.
 */
export function takeEarly(request: Request): Promise<Response> | null {
  if (!early || early.url !== request.url) return null;
  const { headers, response, stop } = early;
  early = null;
  const isSame = Object.entries(headers).every(([name, value]) => request.headers.get(name) === value);
  if (!isSame) return null;
  request.signal.addEventListener('abort', () => stop.abort());
  return response.then(withoutDate);
}

/** Call when the first screen is there: what was not taken grows old. */
export function dropEarly(): void {
  early = null;
}

/** Wishes depend on the materials, so a deck with wishes is not asked for early. */
function ask(): Early | null {
  const { pathname, origin } = window.location;
  const isDeck = pathname === '/deck' || (pathname === '/' && lastTab() === 'deck');
  const token = storedToken();
  if (!isDeck || !token || localStorage.getItem(FILTER_KEY)) return null;
  const url = `${origin}/api/v1/deck`;
  const headers = { Authorization: `Bearer ${token}`, 'Accept-Language': firstLanguage() };
  const stop = new AbortController();
  const response = fetch(url, { headers, signal: stop.signal });
  response.catch(() => undefined);
  // Its first use takes a slow phone 150 ms, which are free now and would delay the first card.
  new Intl.DateTimeFormat('th', { timeZone: 'Asia/Bangkok' }).format();
  return { url, headers, response, stop };
}

function storedToken(): string | null {
  try {
    const kept = JSON.parse(localStorage.getItem(SESSION_KEY) ?? 'null') as StoredSession | null;
    return kept && !kept.isExpired ? (kept.account?.token ?? null) : null;
  } catch {
    return null;
  }
}

/** The clock of the session must not learn from it: it was sent before the session knows. */
function withoutDate({ status, headers, body }: Response): Response {
  const kept = new Headers(headers);
  kept.delete('Date');
  return new Response(body, { status, headers: kept });
}
