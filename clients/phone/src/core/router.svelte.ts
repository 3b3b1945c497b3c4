/** The current screen, kept in step with the address bar. Links are plain `<a href>`; no component of its own. */
import type { RouteName } from '../routes';
import { locateRoute } from './locate';

export interface Location {
  /** Null for a path that is no screen. */
  name: RouteName | null;
  parameters: Record<string, string>;
  path: string;
  query: URLSearchParams;
}

function readAddress(): Location {
  const { pathname, search } = window.location;
  const found = locateRoute(pathname) ?? { name: null, parameters: {} };
  return { ...found, path: pathname, query: new URLSearchParams(search) };
}

class Router {
  location = $state.raw(readAddress());
  /** How many screens of this app lie behind the present one. */
  #depth = 0;

  constructor() {
    window.addEventListener('popstate', () => {
      this.#depth = Math.max(0, this.#depth - 1);
      this.location = readAddress();
    });
    document.addEventListener('click', (event) => this.#follow(event));
    // A notification was tapped.
    navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ type?: string; link?: string }>) => {
      if (data.type === 'open' && data.link) this.go(data.link);
    });
  }

  /** Show another screen; with `replace`, going back skips the present one. */
  go(path: string, { replace = false } = {}): void {
    if (path === window.location.pathname + window.location.search) return;
    if (replace) history.replaceState(null, '', path);
    else {
      history.pushState(null, '', path);
      this.#depth += 1;
    }
    this.location = readAddress();
  }

  /** Go back to the screen before, or to `fallback` when the app was opened here. */
  back(fallback: string): void {
    if (this.#depth > 0) history.back();
    else this.go(fallback, { replace: true });
  }

  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.target || link.hasAttribute('download') || link.origin !== window.location.origin) return;
    if (locateRoute(link.pathname) === null) return;
    event.preventDefault();
    this.go(link.pathname + link.search, { replace: link.dataset['replace'] !== undefined });
  }
}

export const router = new Router();
