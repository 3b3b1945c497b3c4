import type { Outbox } from './outbox.ts';
import type { Realtime } from './realtime.ts';

/**
 * In a browser: tell `realtime` whether the page is visible, and let both try at once when the device is online again.
 * Returns a function that ends this.
 */
export function followPage(realtime: Realtime, outbox: Outbox): () => void {
  const end = new AbortController();
  const options = { signal: end.signal };
  const see = (): void => realtime.setForeground(document.visibilityState === 'visible');
  const retry = (): void => {
    realtime.reconnect();
    outbox.flush();
  };
  document.addEventListener('visibilitychange', see, options);
  addEventListener('online', retry, options);
  // A page that comes back from the cache of the browser has lost its socket without a sign.
  addEventListener('pageshow', retry, options);
  const stop = realtime.on('state', (state) => {
    if (state === 'live') outbox.flush();
  });
  see();
  return () => {
    end.abort();
    stop();
  };
}
