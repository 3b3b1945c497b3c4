/** Somebody who uses the service by plain HTTP, beside the SDK that is tested. */
export class Person {
  readonly phone = `+668${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
  id = '';
  readonly #service: string;
  #token: string | null = null;

  constructor(service: string) {
    this.#service = service;
  }

  async signIn(name: string): Promise<void> {
    const body = { provider: 'demo', phone: this.phone, name, locale: 'en' };
    const answer = await this.ask<{ token: string; user: { id: string } }>('POST /api/v1/auth/sign-in', body);
    this.#token = answer.token;
    this.id = answer.user.id;
  }

  /** Send a request such as `POST /api/v1/pickups`, and return the body. Waits when the service asks for that. */
  async ask<Body = unknown>(operation: string, body?: unknown): Promise<Body> {
    const [method, path] = operation.split(' ') as [string, string];
    const response = await fetch(this.#service + path, {
      method,
      headers: { 'Content-Type': 'application/json', ...(this.#token && { Authorization: `Bearer ${this.#token}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 429) {
      await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers.get('Retry-After') ?? 1)));
      return this.ask(operation, body);
    }
    if (!response.ok) throw new Error(`${operation}: ${response.status} ${text}`);
    return (text === '' ? null : JSON.parse(text)) as Body;
  }
}
