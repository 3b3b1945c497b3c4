import { beforeEach, describe, expect, it } from 'vitest';

import { type ApiError, type Cursor, memoryStore, Realtime, type RealtimeOptions, type Session } from '../src/index.ts';
import { ANN, BEN, cut, event, json, problem, ScriptedService } from './service.ts';

const HELLO = { type: 'hello', head: 7, epoch: 'e1', heartbeat_s: 15 };
const TICKETS = 'POST /api/v1/realtime/tickets';

let service: ScriptedService;
let session: Session;
let realtime: Realtime;
let seqs: number[];
let reloads: number;
let errors: ApiError[];

async function start(options: Partial<RealtimeOptions> = {}): Promise<void> {
  const reload = async (): Promise<void> => void (reloads += 1);
  realtime = new Realtime({ session, reload, WebSocket: service.WebSocket, random: () => 0.5, ...options });
  realtime.on('event', ({ seq }) => seqs.push(seq));
  realtime.on('error', (error) => errors.push(error));
  realtime.start();
  await service.timers.pass(0);
}

async function goLive(options: Partial<RealtimeOptions> = {}): Promise<void> {
  await start(options);
  service.socket.serve(HELLO);
  await service.timers.pass(0);
}

function cursorAt(seq: number, userId = ANN): { cursor: ReturnType<typeof memoryStore<Cursor>> } {
  return { cursor: memoryStore<Cursor>({ userId, seq }) };
}

beforeEach(async () => {
  service = new ScriptedService();
  session = await service.signedIn();
  [seqs, errors, reloads] = [[], [], 0];
});

describe('starting', () => {
  it('opens a socket with a ticket, loads, and resumes from the head', async () => {
    await goLive();

    expect(service.socket.protocols).toEqual(['tft.v1', 'ticket.t1']);
    expect(reloads).toBe(1);
    expect(service.socket.sent).toEqual([{ type: 'resume', since: 7, epoch: 'e1' }]);
    expect(realtime.state).toBe('live');
  });

  it('resumes from the cursor without loading', async () => {
    await goLive(cursorAt(5));
    service.socket.serve(event(6), event(7));

    expect(reloads).toBe(0);
    expect(service.socket.sent).toEqual([{ type: 'resume', since: 5, epoch: '' }]);
    expect(seqs).toEqual([6, 7]);
  });

  it('does not take the cursor of somebody else', async () => {
    await goLive(cursorAt(5, BEN));

    expect(reloads).toBe(1);
  });

  it('loads again later when that fails', async () => {
    let isBroken = true;
    const reload = async (): Promise<void> => {
      reloads += 1;
      if (isBroken) throw new Error('no deck');
    };
    await goLive({ reload });
    isBroken = false;

    expect(realtime.state).toBe('waiting');
    expect(errors[0]!.code).toBe('reload_failed');
    await service.timers.pass(2);
    service.socket.serve(HELLO);
    await service.timers.pass(0);

    expect([realtime.state, reloads]).toEqual(['live', 2]);
  });

  it('waits for somebody to sign in', async () => {
    await session.signOut();
    await start();
    expect(realtime.state).toBe('signed_out');

    await session.signIn({ provider: 'demo', phone: 'ann' });
    await service.timers.pass(0);

    expect(service.sockets).toHaveLength(1);
  });
});

describe('events', () => {
  it('are handed out once and in order', async () => {
    await goLive();
    service.socket.serve(event(8), event(8), event(7), event(9));

    expect(seqs).toEqual([8, 9]);
    expect(realtime.seq).toBe(9);
  });

  it('that were lost are asked for, once', async () => {
    await goLive();
    service.socket.serve(event(8), event(10), event(11));
    service.socket.serve(event(9), event(10), event(11));

    expect(service.socket.framesOf('resume')).toEqual([
      { type: 'resume', since: 7, epoch: 'e1' },
      { type: 'resume', since: 8, epoch: 'e1' },
    ]);
    expect(seqs).toEqual([8, 9, 10, 11]);
  });

  it('that are still missing at the second heartbeat are asked for', async () => {
    await goLive();
    service.socket.serve({ type: 'heartbeat', head: 9 });
    expect(service.socket.framesOf('resume')).toHaveLength(1);

    service.socket.serve({ type: 'heartbeat', head: 9 });

    expect(service.socket.framesOf('resume').at(-1)).toEqual({ type: 'resume', since: 7, epoch: 'e1' });
    expect(service.socket.framesOf('resume')).toHaveLength(2);
  });

  it('that are on their way are not asked for again', async () => {
    await goLive();
    service.socket.serve({ type: 'heartbeat', head: 9 }, event(8), { type: 'heartbeat', head: 9 });

    expect(service.socket.framesOf('resume')).toHaveLength(1);
  });

  it('reach every listener, also when one of them throws', async () => {
    await goLive();
    const failures: unknown[] = [];
    process.once('uncaughtException', (failure) => failures.push(failure));
    realtime.on('event', () => {
      throw new Error('listener');
    });
    const late: number[] = [];
    realtime.on('event', ({ seq }) => late.push(seq));

    service.socket.serve(event(8));
    await service.timers.pass(0);

    expect(late).toEqual([8]);
    expect(failures).toMatchObject([{ message: 'listener' }]);
  });

  it('of a newer service are handed out, and unknown frames are ignored', async () => {
    await goLive();
    service.socket.serve({ type: 'weather' }, event(8, 'pickup.painted'));

    expect(seqs).toEqual([8]);
  });

  it('move the stored cursor', async () => {
    const { cursor } = cursorAt(5);
    await goLive({ cursor });
    service.socket.serve(event(6));

    expect(await cursor.load()).toEqual({ userId: ANN, seq: 6, epoch: 'e1' });
  });
});

describe('a reset', () => {
  it('loads again and resumes from the head', async () => {
    await goLive(cursorAt(999));
    service.socket.serve({ type: 'reset', head: 7, epoch: 'e1' });
    await service.timers.pass(0);
    service.socket.serve(event(8));

    expect(service.socket.framesOf('resume').at(-1)).toEqual({ type: 'resume', since: 7, epoch: 'e1' });
    expect([reloads, seqs]).toEqual([1, [8]]);
  });

  it('of another epoch begins a new count, also of what was acknowledged', async () => {
    const { cursor } = cursorAt(5);
    await goLive({ cursor });
    service.socket.serve(event(6), event(7));
    await service.timers.pass(1);
    service.socket.serve({ type: 'reset', head: 2, epoch: 'e2' });
    await service.timers.pass(1);

    expect(service.socket.framesOf('resume').at(-1)).toEqual({ type: 'resume', since: 2, epoch: 'e2' });
    expect(service.socket.framesOf('ack').at(-1)).toEqual({ type: 'ack', seq: 2 });
    expect(await cursor.load()).toEqual({ userId: ANN, seq: 2, epoch: 'e2' });
  });

  it('that is cut off is done again on the next socket', async () => {
    let finish: () => void = () => undefined;
    const reload = (): Promise<void> => {
      reloads += 1;
      return new Promise((resolve) => (finish = resolve));
    };
    await goLive({ ...cursorAt(999), reload });
    service.socket.serve({ type: 'reset', head: 7, epoch: 'e1' });
    service.socket.drop(1006);
    finish();
    await service.timers.pass(2);
    service.socket.serve(HELLO);
    await service.timers.pass(0);
    finish();
    await service.timers.pass(0);

    expect(reloads).toBe(2);
    expect(service.socket.sent).toEqual([{ type: 'resume', since: 7, epoch: 'e1' }]);
  });
});

describe('acknowledging', () => {
  it('is done together, shortly after what was handed out', async () => {
    await goLive();
    service.socket.serve(event(8), event(9));
    await service.timers.pass(1);

    expect(service.socket.framesOf('ack')).toEqual([{ type: 'ack', seq: 9 }]);
  });

  it('waits while nobody looks', async () => {
    await goLive();
    await service.timers.pass(1);
    realtime.setForeground(false);
    service.socket.serve(event(8));
    await service.timers.pass(5);
    expect(service.socket.framesOf('ack')).toEqual([{ type: 'ack', seq: 7 }]);

    realtime.setForeground(true);
    await service.timers.pass(1);

    expect(service.socket.framesOf('ack').at(-1)).toEqual({ type: 'ack', seq: 8 });
  });

  it('is done again on a new socket, since the last one may have been lost', async () => {
    await goLive();
    await service.timers.pass(1);
    service.socket.drop(1006);
    await service.timers.pass(2);
    service.socket.serve(HELLO);
    await service.timers.pass(1);

    expect(service.socket.framesOf('ack')).toEqual([{ type: 'ack', seq: 7 }]);
  });
});

describe('coming back', () => {
  it.each([1001, 1006, 1011, 1012, 1013])('after %i resumes from the last event, within seconds', async (code) => {
    await goLive();
    service.socket.serve(event(8));
    service.socket.drop(code);
    expect([realtime.state, errors.at(-1)!.code]).toEqual(['waiting', `socket_${code}`]);

    await service.timers.pass(1.4);
    expect(service.sockets).toHaveLength(1);
    await service.timers.pass(0.2);
    service.socket.serve(HELLO);

    expect(service.sockets).toHaveLength(2);
    expect(service.socket.sent).toEqual([{ type: 'resume', since: 8, epoch: 'e1' }]);
  });

  it('waits twice as long each time, up to a minute', async () => {
    service.answer(TICKETS, cut);
    await start();
    const waits: number[] = [];
    for (let tries = 1; tries < 10; tries += 1) {
      const before = service.timers.now();
      while (service.receivedBy(TICKETS).length === tries) await service.timers.pass(0.1);
      waits.push(Math.round((service.timers.now() - before) / 100) / 10);
    }

    expect(waits).toEqual([1.5, 3, 6, 12, 24, 48, 60, 60, 60]);
  });

  it('waits as long as the service asks', async () => {
    service.answer(TICKETS, () => problem(503, 'unavailable', { 'Retry-After': '30' }));
    await start();

    await service.timers.pass(29);
    expect(service.receivedBy(TICKETS)).toHaveLength(1);
    await service.timers.pass(2);
    expect(service.receivedBy(TICKETS)).toHaveLength(2);
  });

  it('begins with short waits again once a heartbeat has come', async () => {
    await goLive();
    for (let time = 0; time < 3; time += 1) {
      service.socket.serve(HELLO, { type: 'heartbeat', head: 7 });
      service.socket.drop(1006);
      await service.timers.pass(1.6);
      expect(service.sockets).toHaveLength(time + 2);
    }
  });

  it('slows down after a fault of its own', async () => {
    await goLive();
    service.socket.drop(1008);

    await service.timers.pass(59);
    expect(service.sockets).toHaveLength(1);
    await service.timers.pass(2);
    expect(service.sockets).toHaveLength(2);
  });

  it('happens when two heartbeats are missing', async () => {
    await goLive();
    await service.timers.pass(29);
    service.socket.serve({ type: 'heartbeat', head: 7 });
    await service.timers.pass(29);
    expect(realtime.state).toBe('live');

    await service.timers.pass(1.5);

    expect([realtime.state, service.sockets[0]!.isClosed]).toEqual(['waiting', true]);
  });

  it('happens when no hello comes', async () => {
    await start();
    await service.timers.pass(20);

    expect(realtime.state).toBe('waiting');
  });

  it('happens at once when the device is online again', async () => {
    service.answer(TICKETS, () => problem(503, 'unavailable', { 'Retry-After': '500' }));
    await start();

    realtime.reconnect();
    await service.timers.pass(0);

    expect(service.receivedBy(TICKETS)).toHaveLength(2);
  });

  it('does not wait for a request that hangs in the network of before', async () => {
    service.answer(TICKETS, () => new Promise<Response>(() => undefined));
    await start();
    service.answer(TICKETS, () => json(201, { ticket: 'new', url: 'ws://service/ws/v1/' }));

    realtime.reconnect();
    await service.timers.pass(0);

    expect(service.socket.protocols).toEqual(['tft.v1', 'ticket.new']);
  });

  it('leaves a socket that lives alone', async () => {
    await goLive();

    realtime.reconnect();

    expect([realtime.state, service.sockets.length]).toEqual(['live', 1]);
  });
});

describe('a refused ticket', () => {
  it('is replaced at once, and the second time after a wait', async () => {
    await start();
    service.socket.drop(4401);
    await service.timers.pass(0);
    expect(service.socket.protocols).toEqual(['tft.v1', 'ticket.t2']);

    service.socket.drop(4401);
    await service.timers.pass(1);
    expect(service.sockets).toHaveLength(2);
    await service.timers.pass(1);
    expect(service.sockets).toHaveLength(3);
  });

  it('of an ended session waits for the next sign-in', async () => {
    await goLive();
    service.answer(TICKETS, () => problem(401, 'token_invalid'));
    service.socket.drop(4401);
    await service.timers.pass(600);

    expect([realtime.state, session.state]).toEqual(['signed_out', 'expired']);
    expect(service.receivedBy(TICKETS)).toHaveLength(2);
  });
});

describe('in the background', () => {
  it('the socket is closed after half a minute, and opened at once afterwards', async () => {
    await goLive();
    realtime.setForeground(false);
    service.socket.serve(event(8));
    await service.timers.pass(31);
    expect([realtime.state, service.socket.isClosed]).toEqual(['paused', true]);

    realtime.setForeground(true);
    await service.timers.pass(0);
    service.socket.serve(HELLO);

    expect(service.socket.sent).toEqual([{ type: 'resume', since: 8, epoch: 'e1' }]);
  });

  it('a short look elsewhere changes nothing', async () => {
    await goLive();
    realtime.setForeground(false);
    await service.timers.pass(10);
    realtime.setForeground(true);
    service.socket.serve({ type: 'heartbeat', head: 7 });
    await service.timers.pass(25);

    expect([realtime.state, service.sockets.length]).toEqual(['live', 1]);
  });

  it('a device that slept does not wait for the silence to be noticed', async () => {
    await goLive();
    realtime.setForeground(false);
    service.timers.sleep(3600);

    realtime.setForeground(true);
    await service.timers.pass(0);

    expect(service.sockets).toHaveLength(2);
  });
});

describe('somebody else', () => {
  it('who signs in gets a socket and events of their own', async () => {
    await goLive();
    service.socket.serve(event(8));
    await session.signIn({ provider: 'demo', phone: 'ben' });
    expect(service.socket.isClosed).toBe(true);
    await service.timers.pass(0);
    service.socket.serve({ ...HELLO, head: 2 });
    await service.timers.pass(0);
    service.socket.serve(event(3));

    expect([reloads, realtime.seq, seqs]).toEqual([2, 3, [8, 3]]);
  });
});

describe('signing out', () => {
  it('closes the socket', async () => {
    await goLive();
    await session.signOut();
    await service.timers.pass(600);

    expect([realtime.state, service.sockets.length, service.socket.isClosed]).toEqual(['signed_out', 1, true]);
  });
});

describe('typing', () => {
  it('is said at most every three seconds, and only while live', async () => {
    await start();
    realtime.typing('c');
    service.socket.serve(HELLO);
    await service.timers.pass(0);
    realtime.typing('c');
    realtime.typing('c');
    realtime.typing('d');
    await service.timers.pass(3);
    realtime.typing('c');

    const said = service.socket.framesOf('typing').map(({ conversation }) => conversation);
    expect(said).toEqual(['c', 'd', 'c']);
  });

  it('is passed on, like cards that have closed', async () => {
    await goLive();
    const passed: string[] = [];
    realtime.on('typing', ({ user }) => passed.push(user));
    realtime.on('pickup.closed', ({ pickup }) => passed.push(pickup));

    service.socket.serve(
      { type: 'typing', conversation: 'c', user: BEN },
      { type: 'pickup.closed', pickup: 'p', reason: 'taken' },
    );

    expect(passed).toEqual([BEN, 'p']);
  });
});

describe('stopping', () => {
  it('closes the socket, and nothing opens it', async () => {
    await goLive();
    realtime.stop();
    await session.signIn({ provider: 'demo', phone: 'ben' });
    realtime.setForeground(false);
    realtime.setForeground(true);
    await service.timers.pass(600);

    expect([realtime.state, service.sockets.length, service.socket.isClosed]).toEqual(['stopped', 1, true]);
  });

  it('can be followed by a start', async () => {
    await goLive();
    realtime.stop();
    realtime.start();
    await service.timers.pass(0);
    service.socket.serve(HELLO);

    expect(realtime.state).toBe('live');
  });
});

describe('a network without sockets', () => {
  const log = (more: object): object => ({ events: [], gone: [], head: 7, epoch: 'e1', reset: false, ...more });

  /** Lose two sockets before `hello`; `answers` are those of the long polls, after which nothing happens. */
  async function poll(...answers: object[]): Promise<void> {
    service.answer('GET /api/v1/events', async () => {
      if (answers.length === 0) await new Promise<void>((resolve) => service.timers.setTimeout(resolve, 25_000));
      return json(200, answers.shift() ?? log({}));
    });
    service.answer('POST /api/v1/events/ack', () => new Response(null, { status: 204 }));
    await start();
    for (let lost = 0; lost < 2; lost += 1) {
      service.socket.drop(1006);
      await service.timers.pass(2);
    }
  }

  it('gets events by long polls, and acknowledges them', async () => {
    await poll(log({}), log({ head: 9, events: [event(8), event(9)] }));

    expect([realtime.state, reloads]).toEqual(['live', 1]);
    expect(seqs).toEqual([8, 9]);
    expect(service.bodiesOf('POST /api/v1/events/ack')).toContainEqual({ seq: 9 });
  });

  it('loads again when the log does not reach back', async () => {
    await poll(
      log({}),
      log({ reset: true, head: 20, epoch: 'e2' }),
      log({ head: 21, events: [event(21)], epoch: 'e2' }),
    );

    expect([realtime.state, reloads, realtime.seq]).toEqual(['live', 2, 21]);
  });

  it('is asked for a socket again', async () => {
    await poll(log({}));
    expect(service.sockets).toHaveLength(2);

    await service.timers.pass(302);
    service.socket.serve(HELLO);
    await service.timers.pass(0);

    expect(service.sockets).toHaveLength(3);
    expect(realtime.state).toBe('live');
    expect(service.socket.framesOf('resume')).toHaveLength(1);
  });

  it('is not what a service means that closes sockets itself', async () => {
    await start();
    for (let closed = 0; closed < 3; closed += 1) {
      service.socket.drop(1013);
      await service.timers.pass(5);
    }

    expect(service.receivedBy('GET /api/v1/events')).toHaveLength(0);
  });
});
