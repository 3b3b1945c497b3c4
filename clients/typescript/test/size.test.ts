import { gzipSync } from 'node:zlib';

import { build, type Rolldown } from 'vite';
import { expect, it } from 'vitest';

const BYTES_MAX = 25_000;

it('is small: everything, with its libraries, minified and compressed', async () => {
  const lib = { entry: new URL('../src/index.ts', import.meta.url).pathname, formats: ['es' as const] };

  const built = await build({ configFile: false, logLevel: 'error', build: { write: false, minify: true, lib } });

  const [{ output }] = built as Rolldown.RolldownOutput[] as [Rolldown.RolldownOutput];
  const code = output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('');
  const bytes = gzipSync(code).byteLength;
  console.info(`The SDK has ${bytes} bytes.`);
  expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
  expect(bytes).toBeGreaterThan(5_000);
});
