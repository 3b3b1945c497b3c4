/** The service worker keeps the app on the phone. A new version of the app is used from the next start on. */

const RELOADED = 'reloaded-for';

export function registerServiceWorker(): void {
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) return;
  // Browsers refuse it in some private windows; the app works without.
  navigator.serviceWorker.register('/sw.js').catch(() => undefined);
}

// A screen that is loaded late may belong to a version that is no longer served: start again with the present one.
window.addEventListener('vite:preloadError', (event) => {
  const screen = window.location.href;
  if (sessionStorage.getItem(RELOADED) === screen || !navigator.onLine) return;
  event.preventDefault();
  sessionStorage.setItem(RELOADED, screen);
  window.location.reload();
});
