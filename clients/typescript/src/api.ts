import createClient, { type Client } from 'openapi-fetch';

import type { paths } from './schema.ts';
import type { Session } from './session.ts';

/** A client with one typed method for each HTTP method: `api.GET('/api/v1/deck', {params: {query: {lat, lon}}})`. */
export type Api = Client<paths, `${string}/${string}`>;

/**
 * Make a client that sends its requests by {@link Session.send}. `session.api` is one.
 *
 * Every call rejects with an `ApiError` unless the response is 2xx.
 */
export function createApi(session: Session): Api {
  return createClient<paths>({ baseUrl: session.baseUrl, fetch: (request) => session.send(request) });
}

/** The body of a response: `const deck = await dataOf(api.GET('/api/v1/deck'))`. */
export async function dataOf<Data>(call: Promise<{ data?: Data }>): Promise<Exclude<Data, undefined>> {
  return (await call).data as Exclude<Data, undefined>;
}
