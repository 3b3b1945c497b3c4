// Plays the scenarios against a running service with a driver of the SDK that is tested. README.md describes both.
import { parseArgs } from 'node:util';

import { play } from './play.ts';
import { readScenarios, type Scenario } from './scenario.ts';

const { values } = parseArgs({
  options: {
    service: { type: 'string', default: 'http://127.0.0.1:8000' },
    driver: { type: 'string', default: `node ${new URL('../drivers/typescript.ts', import.meta.url).pathname}` },
    only: { type: 'string', default: '' },
    'at-once': { type: 'string', default: '4' },
  },
});
const scenarios = await readScenarios(values.only);
let failures = 0;

async function playAll(queue: Scenario[]): Promise<void> {
  for (let scenario = queue.shift(); scenario !== undefined; scenario = queue.shift()) {
    const startedAt = Date.now();
    const failure = await play(scenario, values.service, values.driver).then(
      () => null,
      (error: unknown) => error as Error,
    );
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    console.log(`${failure === null ? 'ok    ' : 'FAILED'}  ${scenario.name} (${seconds} s)`);
    if (failure !== null) {
      failures += 1;
      console.log(`        ${failure.message}`);
    }
  }
}

const queue = [...scenarios];
await Promise.all(Array.from({ length: Number(values['at-once']) }, () => playAll(queue)));
console.log(`${scenarios.length - failures} of ${scenarios.length} scenarios passed`);
process.exitCode = failures > 0 || scenarios.length === 0 ? 1 : 0;
