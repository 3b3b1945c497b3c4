import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import type { Network } from './network.ts';
import type { Person } from './person.ts';
import type { PhoneSetup } from './scenario.ts';

/** What a driver says of itself when asked for its `state`; README.md describes it. */
export interface PhoneState {
  loads: number;
  now: string;
  events: Array<{ seq: number; event: string }>;
}

interface Reply {
  id: number;
  result?: unknown;
  error?: string;
}

const PATIENCE_MS = 20_000;

/** One process of the driver: an app with the SDK that is tested. Its data outlive it. */
export class Phone {
  readonly network: Network;
  readonly #command: string;
  readonly #data: string;
  readonly #setup: PhoneSetup;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #process: ChildProcess | null = null;
  #last = 0;

  private constructor(command: string, setup: PhoneSetup, network: Network, data: string) {
    this.#command = command;
    this.#setup = setup;
    this.network = network;
    this.#data = data;
  }

  /** Start a driver that is signed in as `person` and has opened its socket. */
  static async start(command: string, setup: PhoneSetup, network: Network, person: Person): Promise<Phone> {
    const phone = new Phone(command, setup, network, await mkdtemp(join(tmpdir(), 'conformance-')));
    await phone.open(setup);
    await phone.do('sign_in', { phone: person.phone });
    await phone.do('start');
    return phone;
  }

  /** Start the process, with the data that an earlier one has left. */
  async open({ cursor, epoch }: Partial<PhoneSetup> = {}): Promise<void> {
    this.#process = spawn(this.#command, { shell: true, stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    createInterface({ input: this.#process.stdout! }).on('line', (line) => this.#receive(line));
    this.#process.once('exit', (code) => {
      for (const [id, reply] of this.#waiting) reply({ id, error: `the driver has ended (${code})` });
    });
    const { clock_ahead_s = 0, language = null } = this.#setup;
    const start = { cursor: cursor ?? null, epoch: epoch ?? null };
    await this.do('open', { url: this.network.url, data: this.#data, clock_ahead_s, language, ...start });
  }

  /** Give a command, and return its result. */
  async do(command: string, given: object = {}): Promise<unknown> {
    this.#last += 1;
    const id = this.#last;
    const reply = await new Promise<Reply>((resolve) => {
      const timer = setTimeout(() => resolve({ id, error: 'no reply' }), PATIENCE_MS);
      this.#waiting.set(id, (given) => {
        clearTimeout(timer);
        resolve(given);
      });
      this.#process?.stdin?.write(`${JSON.stringify({ ...given, id, do: command })}\n`);
    });
    this.#waiting.delete(id);
    if (reply.error !== undefined) throw new Error(`${command}: ${reply.error}`);
    return reply.result ?? null;
  }

  async state(): Promise<PhoneState> {
    return (await this.do('state')) as PhoneState;
  }

  /** End the process as a system does that needs its memory: at once. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  }

  #receive(line: string): void {
    const reply = JSON.parse(line) as Reply;
    this.#waiting.get(reply.id)?.(reply);
  }
}
