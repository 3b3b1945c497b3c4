import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** Where Django serves the build (`backend/core/http/phone.py`). */
export const BASE = '/static/phone/';
const SERVICE = process.env['PUBLIC_URL'] ?? 'http://127.0.0.1:8000';

export default defineConfig({
  base: BASE,
  plugins: [svelte()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // What screens share is one file: on a slow network each request costs more than its bytes. The map stays apart.
      output: {
        codeSplitting: {
          groups: [{ name: 'shared', minShareCount: 2, test: /^(?!.*(maplibre|\/map\/|\/Map\.svelte))/ }],
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/media', '/demo', '/r/', '/ws'].map((path) => [path, { target: SERVICE, ws: true }]),
    ),
  },
});
