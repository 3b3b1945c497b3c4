import { afterEach, expect, test, vi } from 'vitest';

const ORIGIN = 'https://trash.example.org';
const SESSION = { isExpired: false, account: { token: 'own' } };

/** The module, in a browser where this person was signed in. The network stalls until it is told to stop. */
async function load(): Promise<typeof import('./early')> {
  const stored = new Map([['session', JSON.stringify(SESSION)]]);
  vi.stubGlobal('localStorage', { getItem: (key: string) => stored.get(key) ?? null });
  vi.stubGlobal('window', { location: { pathname: '/deck', origin: ORIGIN } });
  vi.stubGlobal('navigator', { languages: ['en-GB'] });
  vi.stubGlobal('fetch', stall);
  vi.resetModules();
  return import('./early');
}

function stall(_url: string, { signal }: RequestInit): Promise<Response> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new DOMException('Stopped.', 'AbortError')));
  });
}

function request(headers: Record<string, string>, signal?: AbortSignal): Request {
  const all = { Authorization: 'Bearer own', 'Accept-Language': 'en', ...headers };
  return new Request(`${ORIGIN}/api/v1/deck`, { headers: all, signal: signal ?? null });
}

afterEach(() => vi.unstubAllGlobals());

test('is taken once', async () => {
  const { takeEarly } = await load();

  const taken = [takeEarly(request({})), takeEarly(request({}))];

  expect(taken.map((one) => one !== null)).toEqual([true, false]);
});

test.each([
  ['Authorization', 'Bearer of another'],
  ['Accept-Language', 'th'],
])('is not taken with another %s', async (name, value) => {
  const { takeEarly } = await load();

  expect(takeEarly(request({ [name]: value }))).toBeNull();
});

test('ends with the request that took it', async () => {
  const { takeEarly } = await load();
  const patience = new AbortController();
  const taken = takeEarly(request({}, patience.signal));

  patience.abort();

  await expect(taken).rejects.toThrow('Stopped.');
});
