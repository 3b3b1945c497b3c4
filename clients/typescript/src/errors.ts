/** One field that the service did not accept. */
export interface FieldError {
  /** A dotted path, such as `items.0.quantity`; empty for the whole body. */
  field: string;
  code: string;
  detail: string;
}

interface Problem {
  code?: string;
  detail?: string;
  errors?: FieldError[];
}

/**
 * A request that did not succeed.
 *
 * `code` is stable and programs decide by it: a code of the service (`docs/openapi.yaml` lists them for each operation),
 * or `network` when no response arrived. `message` is in the person's language where the service wrote it.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  /** The HTTP status; 0 when no response arrived. */
  readonly status: number;
  readonly fields: readonly FieldError[];
  /** How long the service asks to wait, in seconds; null when it does not say. */
  readonly retryAfterS: number | null;

  constructor(details: {
    code: string;
    status: number;
    message: string;
    fields?: readonly FieldError[];
    retryAfterS?: number | null;
    cause?: unknown;
  }) {
    super(details.message, { cause: details.cause });
    this.code = details.code;
    this.status = details.status;
    this.fields = details.fields ?? [];
    this.retryAfterS = details.retryAfterS ?? null;
  }

  /** Whether the same request may succeed later: no network, an outage, or too many requests. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** Read the problem details of a response that is not 2xx. Proxies may answer with another body; the status counts then. */
export async function errorOf(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as Problem | null;
  return new ApiError({
    code: problem?.code ?? codeOf(response.status),
    status: response.status,
    message: problem?.detail ?? response.statusText,
    fields: problem?.errors ?? [],
    retryAfterS: secondsOf(response.headers.get('Retry-After')),
  });
}

function codeOf(status: number): string {
  if (status === 401) return 'token_invalid';
  if (status === 404) return 'not_found';
  if (status === 429) return 'rate_limited';
  if ([502, 503, 504].includes(status)) return 'unavailable';
  return status >= 500 ? 'server_error' : 'bad_request';
}

function secondsOf(header: string | null): number | null {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}
