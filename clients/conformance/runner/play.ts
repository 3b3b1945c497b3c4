import { isDeepStrictEqual } from 'node:util';

import { Network } from './network.ts';
import { Phone, type PhoneState } from './phone.ts';
import type { Scenario, Step } from './scenario.ts';
import { makeWorld, say, swipeOf, textsOf, type World } from './world.ts';

const PATIENCE_MS = 20_000;
const POLL_MS = 50;
const CLOCK_TOLERANCE_MS = 3_000;

/** Play a scenario with new people. Rejects with the step that failed. */
export async function play(scenario: Scenario, service: string, command: string): Promise<void> {
  const world = await makeWorld(service);
  const phones = new Map<string, Phone>();
  try {
    for (const [name, setup] of Object.entries(scenario.phones)) {
      phones.set(name, await Phone.start(command, setup, await Network.open(service), world.people[setup.person]));
    }
    for (const [index, step] of scenario.steps.entries()) {
      await new Player(world, phones).run(filledIn(step, world)).catch((cause: unknown) => {
        throw new Error(`step ${index + 1}, ${JSON.stringify(step)}: ${String(cause)}`, { cause });
      });
    }
  } finally {
    for (const phone of phones.values()) {
      await phone.kill();
      phone.network.close();
    }
  }
}

/** The step with `{conversation}` and the like replaced. */
function filledIn(step: Step, { names }: World): Step {
  return JSON.parse(JSON.stringify(step).replace(/\{(\w+)\}/g, (name, key: string) => names[key] ?? name)) as Step;
}

class Player {
  readonly #world: World;
  readonly #phones: Map<string, Phone>;

  constructor(world: World, phones: Map<string, Phone>) {
    this.#world = world;
    this.#phones = phones;
  }

  async run(step: Step): Promise<void> {
    if ('expect' in step) await this.#expect(step);
    else if ('network' in step) this.#disturb(step);
    else if ('person' in step) await this.#act(step);
    else if ('wait_s' in step) await new Promise((resolve) => setTimeout(resolve, step.wait_s * 1000));
    else await this.#command(step);
  }

  async #command({ phone, do: command, with: given }: Extract<Step, { do: string }>): Promise<void> {
    const its = this.#phone(phone);
    if (command === 'kill') await its.kill();
    else if (command === 'open') await its.open();
    else await its.do(command, given);
  }

  #disturb(step: Extract<Step, { network: string }>): void {
    const { network } = this.#phone(step.network);
    if ('is' in step) network.set(step.is);
    else if ('next' in step) network.plan(step.next, step.answer, step.times ?? 1);
    else network.disturb(step.socket, step.code ?? 1000);
  }

  async #act(step: Extract<Step, { person: string }>): Promise<void> {
    const person = this.#world.people[step.person];
    if ('says' in step) await say(this.#world, person, step.says);
    else await person.ask(step.asks, step.body);
  }

  async #expect(step: Extract<Step, { expect: string }>): Promise<void> {
    switch (step.expect) {
      case 'state':
        return eventually(step.is, () => this.#stateOf(step.of));
      case 'conversation':
        return eventually(step.is, () => textsOf(this.#world));
      case 'swipe':
        return eventually(step.is, () => swipeOf(this.#world));
      case 'acknowledged':
        return eventually(step.is, () => this.#hasAcknowledged(step.of));
      case 'right_time':
        return eventually(step.is, () => this.#isTimeRight(step.of));
    }
  }

  async #stateOf(name: string): Promise<PhoneState> {
    const state = await this.#phone(name).state();
    requireGapless(state);
    return state;
  }

  async #hasAcknowledged(name: string): Promise<boolean> {
    const { events } = await this.#stateOf(name);
    return this.#phone(name).network.acknowledged >= (events.at(-1)?.seq ?? 0);
  }

  async #isTimeRight(name: string): Promise<boolean> {
    const { now } = await this.#stateOf(name);
    return Math.abs(Date.parse(now) - Date.now()) < CLOCK_TOLERANCE_MS;
  }

  #phone(name: string): Phone {
    const phone = this.#phones.get(name);
    if (phone === undefined) throw new Error(`no phone ${name}`);
    return phone;
  }
}

/** Between two loads every event comes once and in order. */
function requireGapless({ events, loads }: PhoneState): void {
  const seqs = events.map(({ seq }) => seq);
  const isGapless = seqs.every((seq, place) => place === 0 || seq === seqs[place - 1]! + 1);
  if (loads <= 1 && !isGapless) throw new Error(`events with gaps or twice: ${seqs.join(' ')}`);
}

/** Wait until `read` returns what matches, and fails with the last it returned. */
async function eventually(expected: unknown, read: () => Promise<unknown>): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  let actual = await read();
  while (!matches(expected, actual)) {
    if (Date.now() > until) throw new Error(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(actual)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    actual = await read();
  }
}

/** Lists have the same length; of objects the fields that are expected count. A text in slashes is a pattern. */
function matches(expected: unknown, actual: unknown): boolean {
  if (typeof expected === 'string' && /^\/.*\/$/.test(expected))
    return new RegExp(expected.slice(1, -1)).test(String(actual));
  if (Array.isArray(expected)) {
    const isSameLength = Array.isArray(actual) && actual.length === expected.length;
    return isSameLength && expected.every((part, place) => matches(part, actual[place]));
  }
  if (typeof expected === 'object' && expected !== null) {
    const fields = (actual ?? {}) as Record<string, unknown>;
    return Object.entries(expected).every(([name, part]) => matches(part, fields[name]));
  }
  return isDeepStrictEqual(expected, actual);
}
