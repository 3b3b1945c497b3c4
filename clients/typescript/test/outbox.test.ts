import 'fake-indexeddb/auto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  indexedDbStore,
  memoryOutboxStore,
  Outbox,
  type OutboxStore,
  type Outcome,
  type Session,
} from '../src/index.ts';
import { ANN, cut, json, problem, type Received, ScriptedService } from './service.ts';

const TALK = 'talk';
const OTHER = 'other';
const MESSAGES = `POST /api/v1/conversations/${TALK}/messages`;
const OTHER_MESSAGES = `POST /api/v1/conversations/${OTHER}/messages`;
const SWIPE = 'PUT /api/v1/pickups/p/swipe';
const UNDO = 'DELETE /api/v1/pickups/p/swipe';

let service: ScriptedService;
let session: Session;
let store: OutboxStore;
let opened: Outbox[] = [];
let databases = 0;

async function open(its = session, kept = store): Promise<Outbox> {
  const outbox = await Outbox.open({ session: its, store: kept, random: () => 0.5 });
  opened.push(outbox);
  return outbox;
}

function say(outbox: Outbox, text: string, conversation = TALK): Promise<{ outcome: Promise<Outcome> }> {
  return outbox.sendMessage(conversation, { kind: 'text', text });
}

/** Carries out each client id once, as the service does, and keeps what was said. */
function talk(operation = MESSAGES): string[] {
  const said: string[] = [];
  const known = new Set<string>();
  service.answer(operation, ({ body }) => {
    const { client_id: id, text } = body as { client_id: string; text: string };
    if (!known.has(id)) said.push(text);
    known.add(id);
    return json(201, { client_id: id, text });
  });
  return said;
}

function textsOf(operation: string): string[] {
  return service.bodiesOf(operation).map((body) => (body as { text: string }).text);
}

function waitingIn(outbox: Outbox): unknown[] {
  return outbox.entries
    .filter(({ refusal }) => refusal === null)
    .map(({ body }) => (body as { text?: string } | null)?.text);
}

beforeEach(async () => {
  databases += 1;
  service = new ScriptedService();
  session = await service.signedIn();
  store = indexedDbStore(`outbox-${databases}`);
});

afterEach(() => {
  for (const outbox of opened) outbox.close();
  opened = [];
});

describe('sending', () => {
  it('hands out the response, and leaves nothing behind', async () => {
    talk();
    const outbox = await open();

    const { entry, outcome } = await outbox.sendMessage(TALK, { kind: 'text', text: 'Hello' });
    const ended = await outcome;

    expect(ended).toMatchObject({ status: 'sent', data: { client_id: entry.key, text: 'Hello' } });
    expect(outbox.entries).toEqual([]);
    const [received] = service.receivedBy(MESSAGES);
    expect(received!.headers.get('Idempotency-Key')).toBe(entry.key);
  });

  it('keeps the order within a conversation', async () => {
    talk();
    const outbox = await open();

    const all = await Promise.all(['1', '2', '3', '4'].map((text) => say(outbox, text)));
    await Promise.all(all.map(({ outcome }) => outcome));

    expect(textsOf(MESSAGES)).toEqual(['1', '2', '3', '4']);
  });

  it('sends photos as forms, with the name of a file', async () => {
    let form: Record<string, unknown> = {};
    service.answer(`POST /api/v1/conversations/${TALK}/photos`, ({ body }) => {
      form = body as Record<string, unknown>;
      return json(201, {});
    });
    const outbox = await open();

    const { entry, outcome } = await outbox.sendPhoto(TALK, new File(['jpeg'], 'can.jpg', { type: 'image/jpeg' }));
    await outcome;

    const photo = form['photo'] as File;
    expect([form['client_id'], photo.name, photo.type, await photo.text()]).toEqual([
      entry.key,
      'can.jpg',
      'image/jpeg',
      'jpeg',
    ]);
  });

  it('sends swipes one after another', async () => {
    service.answer(SWIPE, () => json(200, { direction: 'like', match: { id: 'm' }, queue_position: null }));
    const outbox = await open();

    const { outcome } = await outbox.swipe('p', { direction: 'like' });

    expect(await outcome).toMatchObject({ status: 'sent', data: { match: { id: 'm' } } });
    expect(service.bodiesOf(SWIPE)).toEqual([{ direction: 'like' }]);
  });

  it('dates entries by the clock of the service', async () => {
    service.answer(MESSAGES, cut);
    session.clock.learn(
      new Date(service.timers.now() + 3_600_000).toUTCString(),
      service.timers.now(),
      service.timers.now(),
    );
    const outbox = await open();

    await say(outbox, 'Hello');

    expect(Date.parse(outbox.entries[0]!.createdAt) - service.timers.now()).toBeGreaterThan(3_599_000);
  });

  it('needs somebody who is signed in', async () => {
    await session.signOut();
    const outbox = await open();

    await expect(say(outbox, 'Hello')).rejects.toMatchObject({ code: 'signed_out' });
  });
});

describe('a lost connection', () => {
  it('in mid-send does not send twice', async () => {
    const said = talk();
    const outbox = await open();
    const answer = service.receivedBy.bind(service);
    let cuts = 1;
    const carryOut = (received: Received): Response => {
      said.push((received.body as { text: string }).text);
      return json(201, {});
    };
    service.answer(MESSAGES, (received) => {
      if (cuts > 0) {
        carryOut(received);
        cuts -= 1;
        return cut();
      }
      const isKnown = answer(MESSAGES)
        .slice(0, -1)
        .some(({ headers }) => headers.get('Idempotency-Key') === received.headers.get('Idempotency-Key'));
      return isKnown ? json(200, {}) : carryOut(received);
    });

    const { outcome } = await say(outbox, 'Hello');
    await service.timers.pass(2);

    expect((await outcome).status).toBe('sent');
    const keys = service.receivedBy(MESSAGES).map(({ headers }) => headers.get('Idempotency-Key'));
    expect([keys.length, new Set(keys).size, said]).toEqual([2, 1, ['Hello']]);
  });

  it('makes the rest of the conversation wait, in order', async () => {
    service.answer(MESSAGES, cut);
    const outbox = await open();
    await say(outbox, '1');
    await say(outbox, '2');
    await service.timers.pass(600);
    expect(new Set(textsOf(MESSAGES))).toEqual(new Set(['1']));

    const said = talk();
    outbox.flush();
    await service.timers.pass(0);

    expect(said).toEqual(['1', '2']);
  });

  it('that says nothing for half a minute counts as lost', async () => {
    service.answer(MESSAGES, () => new Promise<Response>(() => undefined));
    const outbox = await open();
    await say(outbox, 'Hello');
    await service.timers.pass(29);
    const said = talk();

    await service.timers.pass(5);

    expect(said).toEqual(['Hello']);
  });

  it('is also what the login page of a public network is', async () => {
    service.answer(MESSAGES, () => new Response('<h1>Welcome</h1>', { headers: { 'Content-Type': 'text/html' } }));
    const outbox = await open();
    await say(outbox, 'Hello');
    await service.timers.pass(1);

    expect(waitingIn(outbox)).toEqual(['Hello']);
  });
});

describe('a refusal', () => {
  it('is set aside, and the next message goes on', async () => {
    const said = talk();
    const outbox = await open();
    service.answer(MESSAGES, ({ body }) =>
      (body as { text: string }).text === 'bad' ? problem(400, 'text_unreadable') : json(201, said.push('ok') && {}),
    );

    const bad = await say(outbox, 'bad');
    const good = await say(outbox, 'good');

    expect(await bad.outcome).toMatchObject({ status: 'refused', refusal: { code: 'text_unreadable', status: 400 } });
    expect((await good.outcome).status).toBe('sent');
    expect(outbox.entries).toMatchObject([
      { body: { text: 'bad' }, refusal: { message: 'Detail of text_unreadable.' } },
    ]);
  });

  it('outlives a reload, and can be tried again or discarded', async () => {
    service.answer(MESSAGES, () => problem(409, 'conversation_closed'));
    const before = await open();
    await (
      await say(before, '1')
    ).outcome;
    await (
      await say(before, '2')
    ).outcome;
    before.close();
    const outbox = await open();
    const [first, second] = outbox.entries;

    const said = talk();
    await outbox.retry(first!.id);
    await service.timers.pass(0);
    expect(await outbox.discard(second!.id)).toBe(true);

    expect([said, outbox.entries]).toEqual([['1'], []]);
  });

  it.each([400, 403, 404, 409, 413, 422])('by %i is final', async (status) => {
    service.answer(MESSAGES, () => problem(status, 'some_code'));
    const outbox = await open();

    const { outcome } = await say(outbox, 'Hello');

    expect((await outcome).status).toBe('refused');
  });

  it.each([408, 429, 502, 503, 504])('by %i is none', async (status) => {
    service.answer(MESSAGES, () => problem(status, 'some_code', { 'Retry-After': '20' }));
    const outbox = await open();
    await say(outbox, 'Hello');
    await service.timers.pass(3600);
    expect(waitingIn(outbox)).toEqual(['Hello']);

    const said = talk();
    await service.timers.pass(61);

    expect(said).toEqual(['Hello']);
  });

  it('of an app that is too old waits for its update', async () => {
    service.answer(MESSAGES, () => problem(400, 'app_outdated'));
    const outbox = await open();
    await say(outbox, 'Hello');
    await service.timers.pass(600);

    expect(waitingIn(outbox)).toEqual(['Hello']);
  });

  it('to hurry is respected', async () => {
    service.answer(MESSAGES, () => problem(429, 'rate_limited', { 'Retry-After': '20' }));
    const outbox = await open();
    await say(outbox, 'Hello');

    await service.timers.pass(19);
    expect(service.receivedBy(MESSAGES)).toHaveLength(1);
    await service.timers.pass(2);
    expect(service.receivedBy(MESSAGES)).toHaveLength(2);
  });
});

describe('a service that fails at one message', () => {
  it('does not hold up other conversations, and in the end not its own', async () => {
    service.answer(MESSAGES, ({ body }) =>
      (body as { text: string }).text === 'poison' ? problem(500, 'server_error') : json(201, {}),
    );
    talk(OTHER_MESSAGES);
    const outbox = await open();
    const poison = await say(outbox, 'poison');
    const behind = await say(outbox, 'behind');
    const elsewhere = await say(outbox, 'elsewhere', OTHER);

    expect((await elsewhere.outcome).status).toBe('sent');
    await service.timers.pass(600);

    expect(await poison.outcome).toMatchObject({ status: 'refused', refusal: { code: 'server_error' } });
    expect((await behind.outcome).status).toBe('sent');
  });
});

describe('many conversations', () => {
  it('are sent four at a time, and a slow one does not hold up the others', async () => {
    let finish: (response: Response) => void = () => undefined;
    service.answer(MESSAGES, () => new Promise((resolve) => (finish = resolve)));
    const outbox = await open();
    const slow = await say(outbox, 'slow');
    for (let number = 0; number < 9; number += 1) {
      talk(`POST /api/v1/conversations/c${number}/messages`);
      await say(outbox, 'quick', `c${number}`);
    }
    await service.timers.pass(0);
    expect(waitingIn(outbox)).toEqual(['slow']);

    finish(json(201, {}));

    expect((await slow.outcome).status).toBe('sent');
  });
});

describe('a reload', () => {
  it('sends what was left, with the same key', async () => {
    service.answer(MESSAGES, cut);
    const before = await open();
    const { entry } = await before.sendMessage(TALK, { kind: 'text', text: 'Hello' });
    await service.timers.pass(0);
    before.close();
    const said = talk();

    const after = await open();
    await service.timers.pass(0);

    expect([said, after.entries]).toEqual([['Hello'], []]);
    const keys = service.receivedBy(MESSAGES).map(({ headers }) => headers.get('Idempotency-Key'));
    expect(new Set(keys)).toEqual(new Set([entry.key]));
  });

  it('keeps photos', async () => {
    service.answer(`POST /api/v1/conversations/${TALK}/photos`, cut);
    const before = await open();
    await before.sendPhoto(TALK, new Blob(['jpeg'], { type: 'image/jpeg' }));
    before.close();
    let size = 0;
    service.answer(`POST /api/v1/conversations/${TALK}/photos`, ({ body }) => {
      size = ((body as Record<string, unknown>)['photo'] as File).size;
      return json(201, {});
    });

    await open();
    await service.timers.pass(0);

    expect(size).toBe(4);
  });
});

describe('an old entry', () => {
  const RELEASE = 'POST /api/v1/matches/m/release';

  async function leaveFor(hours: number, send: (outbox: Outbox) => Promise<unknown>): Promise<Outbox> {
    service.answer(MESSAGES, cut);
    service.answer(RELEASE, cut);
    const before = await open();
    await send(before);
    await service.timers.pass(0);
    before.close();
    service.timers.sleep(hours * 3600);
    talk();
    service.answer(RELEASE, () => json(200, {}));
    const after = await open();
    await service.timers.pass(0);
    return after;
  }

  const release = (outbox: Outbox): Promise<unknown> =>
    outbox.add({ method: 'POST', path: '/api/v1/matches/m/release', body: { reason: 'cannot_come' } });

  it('whose key the service may have forgotten is set aside', async () => {
    const outbox = await leaveFor(41, release);

    expect(service.receivedBy(RELEASE)).toHaveLength(1);
    expect(outbox.entries[0]!.refusal!.code).toBe('outcome_unknown');
  });

  it('whose key the service still knows is sent', async () => {
    const outbox = await leaveFor(39, release);

    expect(outbox.entries).toEqual([]);
  });

  it('that is a message is sent after any time', async () => {
    const outbox = await leaveFor(1000, (before) => say(before, 'Hello'));

    expect(outbox.entries).toEqual([]);
  });

  it('that was never tried is sent after any time', async () => {
    const outbox = await open();
    service.answer('POST /api/v1/realtime/tickets', () => problem(401, 'token_invalid'));
    await session.api.POST('/api/v1/realtime/tickets').catch(() => undefined);
    await release(outbox);
    service.timers.sleep(1000 * 3600);
    service.answer(RELEASE, () => json(200, {}));

    await session.signIn({ provider: 'demo', phone: 'ann' });
    await service.timers.pass(0);

    expect(outbox.entries).toEqual([]);
  });
});

describe('an expired session', () => {
  it('keeps everything until the person signs in again', async () => {
    service.answer(MESSAGES, () => problem(401, 'token_invalid'));
    const outbox = await open();
    await say(outbox, '1');
    await say(outbox, '2');
    await service.timers.pass(600);
    expect([session.state, waitingIn(outbox), textsOf(MESSAGES)]).toEqual(['expired', ['1', '2'], ['1']]);

    const said = talk();
    await session.signIn({ provider: 'demo', phone: 'ann' });
    await service.timers.pass(0);

    expect(said).toEqual(['1', '2']);
  });

  it('sends nothing in the name of somebody else', async () => {
    service.answer(MESSAGES, () => problem(401, 'token_invalid'));
    const outbox = await open();
    await say(outbox, 'secret');
    await service.timers.pass(0);
    const said = talk();

    await session.signIn({ provider: 'demo', phone: 'ben' });
    await service.timers.pass(600);
    expect([said, outbox.entries]).toEqual([[], []]);

    await session.signIn({ provider: 'demo', phone: 'ann' });
    await service.timers.pass(0);
    expect([said, session.userId]).toEqual([['secret'], ANN]);
  });
});

describe('somebody else who signs in', () => {
  it('while a photo is read does not send it', async () => {
    const photos = `POST /api/v1/conversations/${TALK}/photos`;
    service.answer(photos, () => json(201, {}));
    const outbox = await open(session, memoryOutboxStore());
    let read: (bytes: ArrayBuffer) => void = () => undefined;
    const photo = new Blob(['jpeg']);
    photo.arrayBuffer = () => new Promise((resolve) => (read = resolve));
    await outbox.sendPhoto(TALK, photo);
    await service.timers.pass(0);

    await session.signIn({ provider: 'demo', phone: 'ben' });
    read(new ArrayBuffer(4));
    await service.timers.pass(600);

    expect(service.receivedBy(photos)).toEqual([]);
  });
});

describe('a slow store', () => {
  it('does not make it send again what was sent while it read', async () => {
    const kept = memoryOutboxStore();
    let isSlow = false;
    const finishReading: Array<() => void> = [];
    const all = async (): ReturnType<OutboxStore['all']> => {
      const entries = await kept.all();
      if (isSlow) await new Promise<void>((resolve) => finishReading.push(resolve));
      return entries;
    };
    let finish: (response: Response) => void = () => undefined;
    service.answer(MESSAGES, () => new Promise((resolve) => (finish = resolve)));
    talk(OTHER_MESSAGES);
    const outbox = await open(session, { ...kept, all });
    await say(outbox, 'first');
    await service.timers.pass(0);

    isSlow = true;
    outbox.flush();
    await service.timers.pass(0);
    finish(json(201, {}));
    await service.timers.pass(0);
    isSlow = false;
    for (const done of finishReading) done();
    await service.timers.pass(60);

    expect(service.receivedBy(MESSAGES)).toHaveLength(1);
  });
});

describe('two tabs', () => {
  it('send everything once', async () => {
    const said = talk();
    const [first, second] = [await open(), await open()];

    const all = await Promise.all(['1', '2', '3', '4'].map((text, place) => say(place % 2 ? first : second, text)));
    await Promise.all(all.map(({ outcome }) => outcome));

    expect(service.receivedBy(MESSAGES)).toHaveLength(4);
    expect(said).toEqual(['1', '2', '3', '4']);
  });

  it('tell each other what was kept and how it ended', async () => {
    let finish: (response: Response) => void = () => undefined;
    service.answer(MESSAGES, () => new Promise((resolve) => (finish = resolve)));
    const [first, second] = [await open(), await open()];
    const outcomes: Outcome[] = [];
    second.on('outcome', (outcome) => outcomes.push(outcome));

    await say(first, 'Hello');
    await service.timers.pass(0);
    expect(waitingIn(second)).toEqual(['Hello']);
    finish(json(201, {}));
    await service.timers.pass(0);

    expect(outcomes).toMatchObject([{ status: 'sent', entry: { body: { text: 'Hello' } } }]);
    expect(second.entries).toEqual([]);
  });
});

describe('discarding', () => {
  it('takes back what waits, and tells how it ended', async () => {
    service.answer(MESSAGES, cut);
    const outbox = await open();
    await say(outbox, '1');
    const { entry, outcome } = await outbox.sendMessage(TALK, { kind: 'text', text: '2' });

    expect(await outbox.discard(entry.id)).toBe(true);

    expect((await outcome).status).toBe('discarded');
    expect(waitingIn(outbox)).toEqual(['1']);
  });

  it('cannot take back what is being sent', async () => {
    let finish: (response: Response) => void = () => undefined;
    service.answer(MESSAGES, () => new Promise((resolve) => (finish = resolve)));
    const outbox = await open();
    const { entry, outcome } = await outbox.sendMessage(TALK, { kind: 'text', text: 'Hello' });
    await service.timers.pass(0);

    expect(await outbox.discard(entry.id)).toBe(false);

    finish(json(201, {}));
    expect((await outcome).status).toBe('sent');
  });

  it('of everything leaves nothing', async () => {
    service.answer(MESSAGES, cut);
    const outbox = await open();
    await say(outbox, '1');
    await say(outbox, '2');
    await service.timers.pass(0);

    await outbox.discardAll();

    expect(await store.all()).toEqual([]);
  });
});

describe('a pickup with photos', () => {
  const POST = 'POST /api/v1/pickups';
  const PHOTOS = 'POST /api/v1/pickups/new/photos';
  const photos = [new Blob(['one']), new Blob(['two'])];
  type NewPickup = Parameters<Outbox['postPickup']>[0];

  it('is posted first, and gets its photos in order', async () => {
    service.answer(POST, () => json(201, { id: 'new' }));
    service.answer(PHOTOS, ({ body }) =>
      json(201, { size: ((body as Record<string, unknown>)['photo'] as File).size }),
    );
    const outbox = await open();

    const posted = await outbox.postPickup({ title: 'Cans' } as NewPickup, photos);
    await Promise.all(posted.photos.map(({ outcome }) => outcome));

    expect(await posted.pickup.outcome).toMatchObject({ status: 'sent', data: { id: 'new' } });
    expect(service.received.slice(1).map(({ method, path }) => `${method} ${path}`)).toEqual([POST, PHOTOS, PHOTOS]);
  });

  it('goes on with its photos after a reload, and posts nothing twice', async () => {
    service.answer(POST, () => json(201, { id: 'new' }));
    service.answer(PHOTOS, cut);
    const before = await open();
    await before.postPickup({ title: 'Cans' } as NewPickup, photos);
    await service.timers.pass(0);
    before.close();
    service.answer(PHOTOS, () => json(201, {}));

    const after = await open();
    await service.timers.pass(0);

    expect([service.receivedBy(POST).length, after.entries]).toEqual([1, []]);
  });

  it('that is refused sets its photos aside, and sends them when it is tried again', async () => {
    service.answer(POST, () => problem(400, 'title_empty'));
    service.answer(PHOTOS, () => json(201, {}));
    const outbox = await open();
    const { pickup } = await outbox.postPickup({ title: '' } as NewPickup, photos);
    await service.timers.pass(0);
    const codes = outbox.entries.map(({ refusal }) => refusal?.code);
    expect(codes).toEqual(['title_empty', 'earlier_refused', 'earlier_refused']);

    service.answer(POST, () => json(201, { id: 'new' }));
    await outbox.retry(pickup.entry.id);
    await service.timers.pass(0);

    expect([service.receivedBy(PHOTOS).length, outbox.entries]).toEqual([2, []]);
  });

  it('goes on with what needs it and was put in while it ended', async () => {
    service.answer(POST, () => json(201, { id: 'new' }));
    const outbox = await open();
    await outbox.add({ lane: 'one', method: 'POST', path: '/api/v1/pickups', body: {}, after: 'ended' });
    await service.timers.pass(0);

    expect([service.receivedBy(POST).length, outbox.entries]).toEqual([1, []]);
  });

  it('is discarded with its photos', async () => {
    service.answer(POST, cut);
    const outbox = await open();
    const { pickup } = await outbox.postPickup({ title: 'Cans' } as NewPickup, photos);
    await service.timers.pass(0);

    await outbox.discard(pickup.entry.id);

    expect(outbox.entries).toEqual([]);
  });
});

describe('undoing a swipe', () => {
  it('that was not sent drops it', async () => {
    service.answer(SWIPE, cut);
    service.answer('PUT /api/v1/pickups/first/swipe', cut);
    const outbox = await open();
    await outbox.swipe('first', { direction: 'pass' });
    await outbox.swipe('p', { direction: 'like' });

    expect(await outbox.takeSwipeBack('p')).toBeNull();

    expect(outbox.entries).toHaveLength(1);
  });

  it('that may have been sent is undone at the service, and not sent again', async () => {
    service.answer(SWIPE, cut);
    const outbox = await open();
    await outbox.swipe('p', { direction: 'like' });
    await service.timers.pass(0);
    service.answer(UNDO, () => new Response(null, { status: 204 }));

    const undo = await outbox.takeSwipeBack('p');
    await service.timers.pass(2);

    expect(await undo!.outcome).toMatchObject({ status: 'sent', data: null });
    expect([service.receivedBy(SWIPE).length, outbox.entries]).toEqual([1, []]);
  });

  it('while its request is being lost does not send it again', async () => {
    let lose: (reason: Error) => void = () => undefined;
    service.answer(SWIPE, () => new Promise((_, reject) => (lose = reject)));
    service.answer(UNDO, () => new Response(null, { status: 204 }));
    const outbox = await open();
    const { outcome } = await outbox.swipe('p', { direction: 'like' });
    await service.timers.pass(0);
    const undo = await outbox.takeSwipeBack('p');

    lose(new TypeError('lost'));
    await service.timers.pass(5);

    expect([(await outcome).status, (await undo!.outcome).status]).toEqual(['discarded', 'sent']);
    expect(service.receivedBy(SWIPE)).toHaveLength(1);
  });

  it('that is being sent follows it', async () => {
    let finish: (response: Response) => void = () => undefined;
    service.answer(SWIPE, () => new Promise((resolve) => (finish = resolve)));
    service.answer(UNDO, () => new Response(null, { status: 204 }));
    const outbox = await open();
    await outbox.swipe('p', { direction: 'pass' });
    await service.timers.pass(0);

    const undo = await outbox.takeSwipeBack('p');
    expect(service.receivedBy(UNDO)).toEqual([]);
    finish(json(200, {}));

    expect((await undo!.outcome).status).toBe('sent');
  });
});

describe('storage', () => {
  it('that is full refuses what is new, and keeps the rest', async () => {
    const full: OutboxStore = {
      ...memoryOutboxStore(),
      add: () => Promise.reject(new DOMException('', 'QuotaExceededError')),
    };
    const outbox = await open(session, full);

    await expect(say(outbox, 'Hello')).rejects.toMatchObject({ code: 'storage_full' });
  });

  it('that the browser refuses is replaced by memory', async () => {
    const said = talk();
    const refused: OutboxStore = { ...memoryOutboxStore(), all: () => Promise.reject(new Error('private window')) };

    const outbox = await open(session, refused);
    await (
      await say(outbox, 'Hello')
    ).outcome;

    expect([outbox.isDurable, said]).toEqual([false, ['Hello']]);
  });

  it('that fails after sending does not make it send in a loop', async () => {
    const said = talk();
    const kept = memoryOutboxStore();
    const outbox = await open(session, { ...kept, remove: () => Promise.reject(new Error('disk')) });
    await say(outbox, 'Hello');
    await service.timers.pass(60);

    expect(said).toEqual(['Hello']);
    expect(service.receivedBy(MESSAGES).length).toBeLessThan(10);
  });

  it('that has lost a photo sets its message aside', async () => {
    const outbox = await open(session, memoryOutboxStore());
    const photo = new Blob(['jpeg']);
    photo.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'));

    const { outcome } = await outbox.sendPhoto(TALK, photo);

    expect(await outcome).toMatchObject({ status: 'refused', refusal: { code: 'storage_unreadable' } });
  });
});
