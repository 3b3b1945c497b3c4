import { readdir, readFile } from 'node:fs/promises';

import type { Condition } from './network.ts';

/** How a phone begins. */
export interface PhoneSetup {
  /** Who holds it. Two phones may belong to one person. */
  person: 'collector' | 'resident';
  /** The number of the last event it has; without one it loads and goes on from there. */
  cursor?: number;
  /** The epoch of that number. */
  epoch?: string;
  clock_ahead_s?: number;
  language?: string;
}

/** What happens next, and what must be seen. README.md explains each. */
export type Step =
  | { phone: string; do: string; with?: Record<string, unknown> }
  | { network: string; is: Condition }
  | { network: string; next: string; answer: Fault; times?: number }
  | { network: string; socket: 'lose_event' | 'repeat_event' | 'close'; code?: number }
  | { person: 'collector' | 'resident'; says: string }
  | { person: 'collector' | 'resident'; asks: string; body?: unknown }
  | { expect: 'state'; of: string; is: Record<string, unknown> }
  | { expect: 'conversation'; is: string[] }
  | { expect: 'swipe'; is: string | null }
  | { expect: 'acknowledged'; of: string; is: boolean }
  | { expect: 'right_time'; of: string; is: boolean }
  | { wait_s: number };

/**
 * What happens to the next requests that match: the service never sees it, its response is lost, it arrives twice, a
 * proxy answers with a status, or the login page of a public network answers with 200.
 */
export type Fault =
  'request_lost' | 'response_lost' | 'request_repeated' | 'login_page' | { status: number; retry_after_s?: number };

export interface Scenario {
  name: string;
  about: string;
  phones: Record<string, PhoneSetup>;
  steps: Step[];
}

/** All scenarios, or those whose names hold `filter`, by name. */
export async function readScenarios(filter: string): Promise<Scenario[]> {
  const dir = new URL('../scenarios/', import.meta.url);
  const files = (await readdir(dir)).filter((file) => file.endsWith('.json') && file.includes(filter)).sort();
  return Promise.all(files.map(async (file) => readScenario(new URL(file, dir), file.replace('.json', ''))));
}

async function readScenario(file: URL, name: string): Promise<Scenario> {
  return { ...(JSON.parse(await readFile(file, 'utf8')) as Omit<Scenario, 'name'>), name };
}
