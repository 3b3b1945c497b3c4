import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import { WebSocket, WebSocketServer } from 'ws';

import type { Fault } from './scenario.ts';

interface Plan {
  pattern: RegExp;
  fault: Fault;
  times: number;
}

/** `no_sockets`: HTTP passes, and no socket does, as in some offices. */
export type Condition = 'up' | 'down' | 'silent' | 'no_sockets';

/** The way of one phone to the service, which loses, repeats and delays what a scenario says. */
export class Network {
  /** The last number that the phone has acknowledged; 0 for none. */
  acknowledged = 0;
  readonly #service: URL;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'tft.v1' });
  readonly #open = new Set<WebSocket>();
  #plans: Plan[] = [];
  #nextEvent: 'lose_event' | 'repeat_event' | null = null;
  #condition: Condition = 'up';

  private constructor(service: string) {
    this.#service = new URL(service);
    this.#server = createServer(
      (request, response) => void this.#forward(request, response).catch(() => response.destroy()),
    );
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  static async open(service: string): Promise<Network> {
    const network = new Network(service);
    await new Promise<void>((resolve) => network.#server.listen(0, '127.0.0.1', resolve));
    return network;
  }

  /** Where the phone finds the service. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** `up` ends all faults; `down` ends every connection; `silent` keeps them, and nothing passes. */
  set(condition: Condition): void {
    this.#condition = condition;
    if (condition === 'up') this.#plans = [];
    if (condition !== 'down' && condition !== 'no_sockets') return;
    for (const socket of this.#open) socket.terminate();
    if (condition === 'down') this.#server.closeAllConnections();
  }

  /** Do this to the next requests whose `METHOD /path` matches. */
  plan(pattern: string, fault: Fault, times: number): void {
    this.#plans.push({ pattern: new RegExp(pattern), fault, times });
  }

  /** Lose or repeat the next event frame, or close the socket. */
  disturb(what: 'lose_event' | 'repeat_event' | 'close', code: number): void {
    if (what === 'close') for (const socket of this.#open) socket.close(code);
    else this.#nextEvent = what;
  }

  close(): void {
    this.set('down');
    this.#server.close();
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#condition === 'silent') return;
    if (this.#condition === 'down') throw new Error('down');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const fault = this.#takePlan(`${request.method} ${request.url}`);
    if (fault === 'request_lost') throw new Error('lost');
    if (fault === 'login_page') return end(response, 200, { 'Content-Type': 'text/html' }, '<h1>Welcome</h1>');
    if (fault !== null && typeof fault === 'object')
      return end(response, fault.status, { 'Retry-After': String(fault.retry_after_s ?? 0) }, '');
    if (fault === 'request_repeated') await this.#ask(request, Buffer.concat(chunks));
    const answer = await this.#ask(request, Buffer.concat(chunks));
    const body = this.#onThisWay(request, await answer.text());
    if (fault === 'response_lost' || (this.#condition as string) === 'down') throw new Error('lost');
    if (request.url?.endsWith('/events/ack')) this.#noteAck(Buffer.concat(chunks).toString());
    const { headers } = answer;
    const passed = ['Content-Type', 'Date', 'Retry-After'].flatMap((name) =>
      headers.has(name) ? [[name, headers.get(name)!]] : [],
    );
    end(response, answer.status, Object.fromEntries(passed) as Record<string, string>, body);
  }

  #takePlan(operation: string): Fault | null {
    const plan = this.#plans.find(({ pattern }) => pattern.test(operation));
    if (plan === undefined) return null;
    plan.times -= 1;
    this.#plans = this.#plans.filter(({ times }) => times > 0);
    return plan.fault;
  }

  #ask(request: IncomingMessage, body: Buffer): Promise<Response> {
    const headers = new Headers();
    for (const name of ['authorization', 'content-type', 'accept-language', 'idempotency-key']) {
      if (request.headers[name] !== undefined) headers.set(name, String(request.headers[name]));
    }
    const given = body.byteLength > 0 ? { body: new Uint8Array(body) } : {};
    return fetch(new URL(request.url!, this.#service), { method: request.method!, headers, ...given });
  }

  /** Sockets are to come this way, too. */
  #onThisWay(request: IncomingMessage, body: string): string {
    if (!request.url?.endsWith('/realtime/tickets')) return body;
    return body.replace(/"url":\s*"[^"]*"/, `"url":"${this.url.replace('http', 'ws')}/ws/v1/"`);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#condition === 'down' || this.#condition === 'no_sockets') {
      socket.destroy();
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (phone) => {
      const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
      const url = new URL('/ws/v1/', this.#service);
      url.protocol = url.protocol.replace('http', 'ws');
      this.#connect(phone, new WebSocket(url, protocols));
    });
  }

  #connect(phone: WebSocket, service: WebSocket): void {
    this.#open.add(phone);
    const opened = new Promise((resolve) => service.once('open', resolve));
    phone.on('message', (data) => void opened.then(() => this.#passUp(String(data), service)));
    service.on('message', (data) => this.#passDown(String(data), phone));
    phone.on('close', () => {
      this.#open.delete(phone);
      service.terminate();
    });
    service.on('close', (code) => (code === 1006 || code === 1005 ? phone.terminate() : phone.close(code)));
    for (const end of [phone, service]) end.on('error', () => end.terminate());
  }

  #passUp(text: string, service: WebSocket): void {
    if (this.#condition === 'silent') return;
    if ((JSON.parse(text) as { type: string }).type === 'ack') this.#noteAck(text);
    service.send(text);
  }

  /** The frame and the request both have `seq`. */
  #noteAck(text: string): void {
    this.acknowledged = Math.max(this.acknowledged, (JSON.parse(text) as { seq: number }).seq);
  }

  #passDown(text: string, phone: WebSocket): void {
    if (this.#condition === 'silent') return;
    const isEvent = (JSON.parse(text) as { type: string }).type === 'event';
    const disturbance = isEvent ? this.#nextEvent : null;
    if (isEvent) this.#nextEvent = null;
    if (disturbance !== 'lose_event') phone.send(text);
    if (disturbance === 'repeat_event') phone.send(text);
  }
}

function end(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  // 204 has no body.
  response.writeHead(status, headers).end(status === 204 ? undefined : body);
}
