// The driver of the TypeScript SDK: reads commands as JSON lines and answers each with one.
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import {
  type Cursor,
  Outbox,
  type OutboxEntry,
  Realtime,
  type RealtimeEvent,
  Session,
  type SocketClass,
  systemTimers,
  type Timers,
} from '@tinder-for-trash/sdk';
import { WebSocket } from 'ws';

import { fileOutboxStore, fileStore } from './files.ts';

interface Setup {
  url: string;
  data: string;
  clock_ahead_s: number;
  language: string | null;
  cursor: number | null;
  epoch: string | null;
}

type Given = Record<string, string> & { seq: number; value: boolean };

class App {
  readonly session: Session;
  readonly outbox: Outbox;
  readonly realtime: Realtime;
  readonly events: RealtimeEvent[] = [];
  readonly sent: string[] = [];
  loads = 0;

  private constructor(session: Session, outbox: Outbox, { data, cursor, epoch }: Setup) {
    const cursors = fileStore<Cursor>(join(data, 'cursor.json'));
    // The events that were seen are those of the user who signs in on this installation.
    const given = {
      ...cursors,
      load: () =>
        cursor === null ? cursors.load() : { userId: session.userId ?? '', seq: cursor, epoch: epoch ?? '' },
    };
    this.session = session;
    this.outbox = outbox;
    this.realtime = new Realtime({
      session,
      reload: async () => void (this.loads += 1),
      cursor: given,
      WebSocket: WebSocket as unknown as SocketClass,
    });
    this.realtime.on('event', (event) => this.events.push(event));
    this.realtime.on('state', (state) => state === 'live' && outbox.flush());
    outbox.on('outcome', ({ status, entry }) => status === 'sent' && this.sent.push(nameOf(entry)));
  }

  static async open(setup: Setup): Promise<App> {
    const session = await Session.open({
      baseUrl: setup.url,
      store: fileStore(join(setup.data, 'session.json')),
      timers: ahead(setup.clock_ahead_s),
      ...(setup.language !== null && { language: setup.language }),
    });
    const outbox = await Outbox.open({ session, store: fileOutboxStore(join(setup.data, 'outbox.json')) });
    return new App(session, outbox, setup);
  }

  async run(command: string, given: Given): Promise<unknown> {
    switch (command) {
      case 'sign_in':
        return void (await this.session.signIn({ provider: 'demo', phone: given['phone']! }));
      case 'sign_out':
        return this.session.signOut();
      case 'start':
        return this.realtime.start();
      case 'send':
        return void (await this.outbox.sendMessage(given['conversation']!, { kind: 'text', text: given['text']! }));
      case 'swipe':
        return void (await this.outbox.swipe(given['pickup']!, { direction: given['direction'] as 'like' | 'pass' }));
      case 'take_swipe_back':
        return void (await this.outbox.takeSwipeBack(given['pickup']!));
      case 'retry':
        return this.outbox.retry(this.#entryNamed(given['what']!).id);
      case 'discard':
        return this.outbox.discard(this.#entryNamed(given['what']!).id);
      case 'foreground':
        return this.realtime.setForeground(given.value);
      case 'online':
        this.realtime.reconnect();
        return this.outbox.flush();
      case 'state':
        return this.#state();
      default:
        throw new Error(`unknown command ${command}`);
    }
  }

  #entryNamed(name: string): OutboxEntry {
    const entry = this.outbox.entries.find((one) => nameOf(one) === name);
    if (entry === undefined) throw new Error(`nothing in the outbox is ${name}`);
    return entry;
  }

  #state(): object {
    const { entries } = this.outbox;
    return {
      session: this.session.state,
      realtime: this.realtime.state,
      now: this.session.clock.now().toISOString(),
      loads: this.loads,
      events: this.events.map(({ seq, event }) => ({ seq, event })),
      messages: this.events.flatMap(textIn),
      waiting: entries.filter(({ refusal }) => refusal === null).map(nameOf),
      refused: entries.flatMap((entry) =>
        entry.refusal === null
          ? []
          : [{ what: nameOf(entry), code: entry.refusal.code, message: entry.refusal.message }],
      ),
      sent: this.sent,
    };
  }
}

function ahead(seconds: number): Timers {
  return { ...systemTimers, now: () => Date.now() + seconds * 1000 };
}

/** The text of a message, or `like`, `pass` or `undo`. */
function nameOf({ method, body }: OutboxEntry): string {
  const { text, direction } = (body ?? {}) as { text?: string; direction?: string };
  return text ?? direction ?? (method === 'DELETE' ? 'undo' : 'request');
}

/** The text of what a person has written. */
function textIn(event: RealtimeEvent): string[] {
  return event.event === 'message.sent' && event.data.message.kind === 'text' ? [event.data.message.text] : [];
}

let app: App | null = null;

async function answer(line: string): Promise<object> {
  const { id, do: command, ...given } = JSON.parse(line) as { id: number; do: string };
  try {
    if (command === 'open') app = await App.open(given as Setup);
    else return { id, result: (await app!.run(command, given as Given)) ?? null };
    return { id, result: null };
  } catch (error) {
    return { id, error: String(error) };
  }
}

let last = Promise.resolve();
createInterface({ input: process.stdin })
  .on('line', (line) => {
    last = last.then(async () => void process.stdout.write(`${JSON.stringify(await answer(line))}\n`));
  })
  .on('close', () => process.exit());
