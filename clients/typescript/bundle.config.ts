import { defineConfig } from 'vite';

/** Everything in one file, as an app would ship it: for the test of its size, and for pages of tests. */
export default defineConfig({
  logLevel: 'error',
  build: {
    emptyOutDir: false,
    minify: true,
    lib: { entry: new URL('src/index.ts', import.meta.url).pathname, formats: ['es'], fileName: 'sdk' },
  },
});
