/** Which screen a path belongs to. Shared by the router and the service worker. */
import { parse } from 'regexparam';
import { ROUTES, type RouteName } from '../routes';

const PATTERNS = Object.entries(ROUTES).map(([name, path]) => ({ name: name as RouteName, ...parse(path) }));

/** The screen and the parameters of a path; null for a path that is no screen. */
export function locateRoute(path: string): { name: RouteName; parameters: Record<string, string> } | null {
  for (const { name, keys, pattern } of PATTERNS) {
    const found = pattern.exec(path);
    if (found) {
      return { name, parameters: Object.fromEntries(keys.map((key, place) => [key, decode(found[place + 1] ?? '')])) };
    }
  }
  return null;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
