import { describe, expect, it } from 'vitest';

import { ApiError, dataOf, memoryStore, Session, type StoredSession } from '../src/index.ts';
import { ANN, BEN, cut, json, problem, ScriptedService } from './service.ts';

const DECK = '/api/v1/deck';

describe('signing in', () => {
  it('sends the token, the language and the version of the app from then on', async () => {
    const service = new ScriptedService();
    service.answer(`GET ${DECK}`, () => json(200, { cards: [] }));
    const session = await service.session({ language: 'th', appVersion: '1.4.2' });

    await session.signIn({ provider: 'demo', phone: 'ann' });
    await dataOf(session.api.GET(DECK));

    const [request] = service.receivedBy(`GET ${DECK}`);
    expect(session.state).toBe('signed_in');
    expect(request!.headers.get('Authorization')).toBe(`Bearer token of ${ANN}`);
    expect(request!.headers.get('Accept-Language')).toBe('th');
    expect(request!.headers.get('App-Version')).toBe('1.4.2');
  });

  it('changes nothing when it is refused', async () => {
    const service = new ScriptedService();
    service.answer('POST /api/v1/auth/sign-in', () => problem(403, 'suspended'));
    const session = await service.session();

    await expect(session.signIn({ provider: 'demo', phone: 'ann' })).rejects.toMatchObject({ code: 'suspended' });

    expect(session.state).toBe('signed_out');
  });

  it('names the same installation every time, also after a restart', async () => {
    const service = new ScriptedService();
    const store = memoryStore<StoredSession>();

    for (let start = 0; start < 2; start += 1) {
      const session = await service.session({ store });
      await session.signIn({ provider: 'demo', phone: 'ann' });
      await session.signOut();
    }

    const names = service
      .bodiesOf('POST /api/v1/auth/sign-in')
      .map((body) => (body as { installation: string }).installation);
    expect(new Set(names).size).toBe(1);
  });

  it('outlives a restart', async () => {
    const service = new ScriptedService();
    const store = memoryStore<StoredSession>();
    await service.signedIn(store);

    const again = await service.session({ store });

    expect([again.state, again.userId]).toEqual(['signed_in', ANN]);
  });
});

describe('an expired session', () => {
  it('is noticed by a 401, and keeps who it was', async () => {
    const service = new ScriptedService();
    service.answer(`GET ${DECK}`, () => problem(401, 'token_invalid'));
    const session = await service.signedIn();
    const states: string[] = [];
    session.on('state', (state) => states.push(state));

    await expect(session.api.GET(DECK)).rejects.toMatchObject({ code: 'token_invalid' });

    expect(states).toEqual(['expired']);
    expect([session.token, session.userId]).toEqual([null, ANN]);
  });

  it('is not noticed by a late 401 for an earlier token', async () => {
    const service = new ScriptedService();
    let refuse: (response: Response) => void = () => undefined;
    service.answer(`GET ${DECK}`, () => new Promise((resolve) => (refuse = resolve)));
    const session = await service.signedIn();
    const late = session.api.GET(DECK);
    await service.timers.pass(0);

    await session.signIn({ provider: 'demo', phone: 'ben' });
    refuse(problem(401, 'token_invalid'));

    await expect(late).rejects.toBeInstanceOf(ApiError);
    expect([session.state, session.userId]).toEqual(['signed_in', BEN]);
  });
});

describe('signing out', () => {
  it('tells the service, with the token', async () => {
    const service = new ScriptedService();
    const session = await service.signedIn();

    await session.signOut();

    expect(service.receivedBy('POST /api/v1/auth/sign-out')[0]!.headers.get('Authorization')).toBe(
      `Bearer token of ${ANN}`,
    );
    expect([session.state, session.userId]).toEqual(['signed_out', null]);
  });

  it('works without a network', async () => {
    const service = new ScriptedService();
    service.answer('POST /api/v1/auth/sign-out', cut);
    const session = await service.signedIn();

    await session.signOut();

    expect(session.state).toBe('signed_out');
  });
});

describe('another tab', () => {
  it('is followed', async () => {
    const service = new ScriptedService();
    const shared = memoryStore<StoredSession>();
    const watching: Array<() => void> = [];
    const store = { ...shared, watch: (changed: () => void) => (watching.push(changed), () => undefined) };
    const first = await service.session({ store });
    const second = await Session.open({
      baseUrl: 'http://service',
      store,
      fetch: service.fetch,
      timers: service.timers,
    });

    await second.signIn({ provider: 'demo', phone: 'ann' });
    watching.forEach((changed) => changed());
    await service.timers.pass(0);

    expect(first.state).toBe('signed_in');
  });
});

describe('errors', () => {
  it('have the code, the text and the fields of the service', async () => {
    const service = new ScriptedService();
    const errors = [{ field: 'lat', code: 'max_value', detail: 'Too far north.' }];
    service.answer(`GET ${DECK}`, () => json(400, { code: 'invalid', detail: 'Some fields are not right.', errors }));
    const session = await service.signedIn();

    const refusal = {
      code: 'invalid',
      status: 400,
      message: 'Some fields are not right.',
      fields: errors,
      isTemporary: false,
    };
    await expect(session.api.GET(DECK)).rejects.toMatchObject(refusal);
  });

  it.each([
    [502, 'unavailable'],
    [404, 'not_found'],
    [500, 'server_error'],
    [418, 'bad_request'],
  ])('of a proxy that answers %i in HTML have the code %s', async (status, code) => {
    const service = new ScriptedService();
    service.answer(`GET ${DECK}`, () => new Response('<h1>Oh</h1>', { status }));
    const session = await service.signedIn();

    await expect(session.api.GET(DECK)).rejects.toMatchObject({ code, status });
  });

  it('say how long to wait', async () => {
    const service = new ScriptedService();
    service.answer(`GET ${DECK}`, () => problem(429, 'rate_limited', { 'Retry-After': '7' }));
    const session = await service.signedIn();

    await expect(session.api.GET(DECK)).rejects.toMatchObject({ retryAfterS: 7, isTemporary: true });
  });

  it('are `network` when the connection is lost, also halfway through the body, or nothing comes in a minute', async () => {
    const service = new ScriptedService();
    const session = await service.signedIn();
    const halfway = new ReadableStream({
      start: (body) => body.enqueue(new Uint8Array([123])),
      pull: (body) => body.error(new TypeError('lost')),
    });
    const answers = [cut, () => new Response(halfway), () => new Promise<Response>(() => undefined)];

    for (const answer of answers) {
      service.answer(`GET ${DECK}`, answer);
      const call = session.api.GET(DECK).catch((error: unknown) => error);
      await service.timers.pass(61);
      expect(await call).toMatchObject({ code: 'network', status: 0, isTemporary: true });
    }
  });

  it('are the reason of the caller when the caller gives up', async () => {
    const service = new ScriptedService();
    service.answer(`GET ${DECK}`, () => new Promise<Response>(() => undefined));
    const session = await service.signedIn();
    const left = new AbortController();
    const call = session.api.GET(DECK, { signal: left.signal }).catch((error: unknown) => error);
    await service.timers.pass(0);

    left.abort(new Error('The screen was left.'));

    expect(await call).toMatchObject({ message: 'The screen was left.' });
  });
});

describe('the clock', () => {
  const AHEAD_S = 3600;

  async function learnedFrom(dates: number[]): Promise<number> {
    const service = new ScriptedService();
    const session = await service.signedIn();
    for (const aheadS of dates) {
      const date = new Date(service.timers.now() + aheadS * 1000).toUTCString();
      service.answer(`GET ${DECK}`, () => json(200, {}, { Date: date }));
      await session.api.GET(DECK);
      await service.timers.pass(10);
    }
    return (session.clock.now().getTime() - service.timers.now()) / 1000;
  }

  it('follows the service when the device is wrong', async () => {
    expect(await learnedFrom([AHEAD_S])).toBeCloseTo(AHEAD_S, -1);
    expect(await learnedFrom([-AHEAD_S])).toBeCloseTo(-AHEAD_S, -1);
  });

  it('stays with the device within the precision of the header', async () => {
    expect(await learnedFrom([0, 0, 0])).toBe(0);
  });

  it('does not believe a cache', async () => {
    expect(await learnedFrom([AHEAD_S, 0])).toBeCloseTo(AHEAD_S, -1);
  });

  it('is the clock of the device before anything was heard', async () => {
    const service = new ScriptedService();
    const session = await service.session();

    expect(session.clock.now().getTime()).toBe(service.timers.now());
  });
});
