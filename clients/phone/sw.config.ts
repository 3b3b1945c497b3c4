/** Builds the service worker, after the app: it is one file, and lists the files of the app shell. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vite';
import { BASE } from './vite.config.ts';

/** Fonts of other alphabets, maps and Firebase are fetched when they are needed. */
const NOT_IN_SHELL = /vietnamese|latin-ext|^Map-|^firebase|^maplibre|\.(map|gz|br)$/;

const files = readdirSync('dist/assets')
  .filter((name) => !NOT_IN_SHELL.test(name))
  .sort();

export default defineConfig({
  base: BASE,
  publicDir: false,
  define: {
    SHELL_FILES: JSON.stringify(files.map((name) => `${BASE}assets/${name}`)),
    SHELL_VERSION: JSON.stringify(createHash('sha256').update(files.join()).digest('hex').slice(0, 12)),
  },
  build: {
    target: 'es2022',
    emptyOutDir: false,
    rolldownOptions: { input: 'src/sw.ts', output: { entryFileNames: 'sw.js' } },
  },
});
