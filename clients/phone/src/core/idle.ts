/** Waits for moments at which other work does not delay what the person waits for. */

const IDLE_MAX_MS = 2_000;
const QUIET_MS = 1_000;

/** Resolves when the browser has nothing to draw. */
export function whenIdle(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has no idle callbacks.
    if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: IDLE_MAX_MS });
    else setTimeout(resolve, 100);
  });
}

/** Resolves when nothing has arrived from the network for a second. */
export function whenQuiet(): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      arrivals.disconnect();
      resolve();
    };
    let timer = setTimeout(end, QUIET_MS);
    const arrivals = new PerformanceObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(end, QUIET_MS);
    });
    arrivals.observe({ type: 'resource' });
  });
}
