import { gzipSync } from 'node:zlib';

import { build, type Rolldown } from 'vite';
import { expect, it } from 'vitest';

const BYTES_MAX = 25_000;

it('is small: everything, with its libraries, minified and compressed', async () => {
  const configFile = new URL('../bundle.config.ts', import.meta.url).pathname;

  const built = (await build({ configFile, build: { write: false } })) as Rolldown.RolldownOutput[];

  const code = built[0]!.output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('');
  const bytes = gzipSync(code).byteLength;
  console.info(`The SDK has ${bytes} bytes.`);
  expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
  expect(bytes).toBeGreaterThan(5_000);
});
