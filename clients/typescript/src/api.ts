import createClient, { type Client, type Middleware } from 'openapi-fetch';

import { ApiError, errorOf } from './errors.ts';
import type { paths } from './schema.ts';
import type { Session } from './session.ts';

/** A client with one typed method for each HTTP method: `api.GET('/api/v1/deck', {params: {query: {lat, lon}}})`. */
export type Api = Client<paths, `${string}/${string}`>;

/**
 * Make a client that sends the session's token and language, and learns the time of the service.
 *
 * Every call rejects with {@link ApiError} unless the response is 2xx. A 401 for the present token ends the session.
 */
export function createApi(session: Session, fetch: typeof globalThis.fetch = globalThis.fetch): Api {
  const client = createClient<paths>({ baseUrl: session.baseUrl, fetch: (request) => exchange(session, fetch, request) });
  client.use(authenticate(session));
  return client;
}

/** The body of a response: `const deck = await dataOf(api.GET('/api/v1/deck'))`. */
export async function dataOf<Data>(call: Promise<{ data?: Data }>): Promise<Exclude<Data, undefined>> {
  return (await call).data as Exclude<Data, undefined>;
}

function authenticate(session: Session): Middleware {
  return {
    onRequest({ request }) {
      if (session.token !== null) request.headers.set('Authorization', `Bearer ${session.token}`);
      if (session.language !== null) request.headers.set('Accept-Language', session.language);
      return request;
    },
  };
}

async function exchange(session: Session, fetch: typeof globalThis.fetch, request: Request): Promise<Response> {
  const sentAt = session.timers.now();
  const response = await fetch(request).catch((cause: unknown) => {
    throw new ApiError({ code: 'network', status: 0, message: 'No response arrived.', cause });
  });
  session.clock.learn(response.headers.get('Date'), sentAt, session.timers.now());
  if (response.ok) return response;
  const token = request.headers.get('Authorization')?.replace(/^Bearer /, '');
  if (response.status === 401 && token !== undefined) await session.expire(token);
  throw await errorOf(response);
}
