import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/** Where Django serves the build (`backend/core/http/phone.py`). */
export const BASE = '/static/phone/';
const SERVICE = process.env['PUBLIC_URL'] ?? 'http://127.0.0.1:8000';

/** Loads `core/early.ts` before everything else. */
const startEarly: Plugin = {
  name: 'start-early',
  transformIndexHtml: {
    order: 'post',
    handler: (_, { bundle }) =>
      Object.values(bundle ?? {})
        .filter(({ name }) => name === 'early')
        .map(({ fileName }) => ({
          tag: 'script',
          attrs: { type: 'module', async: true, crossorigin: true, src: BASE + fileName },
        })),
  },
};

export default defineConfig({
  base: BASE,
  plugins: [svelte(), startEarly],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // On a slow network each request costs more than its bytes: what screens share is one file, and what only the
      // later ones share another. The map and Firebase stay apart.
      output: {
        codeSplitting: {
          groups: [
            { name: 'early', test: /\/core\/early\.ts$/, priority: 1 },
            {
              name: 'shared',
              minShareCount: 2,
              test: /^(?!.*(maplibre|firebase|\/map\/|\/Map\.svelte|\/screens\/(?!deck|welcome)))/,
            },
            { name: 'firebase', minShareCount: 2, test: /firebase/ },
            { name: 'later', minShareCount: 2, test: /\/screens\// },
          ],
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/media', '/demo', '/r/', '/s/', '/ws'].map((path) => [path, { target: SERVICE, ws: true }]),
    ),
  },
});
