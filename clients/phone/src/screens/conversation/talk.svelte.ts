/** One conversation: its messages as the service has them, and those that wait on this phone. */
import { ApiError, dataOf, type components, type OutboxEntry, type RealtimeEvent } from '@tinder-for-trash/sdk';
import { counts } from '../../core/counts.svelte';
import { isAbout, keepFresh, live } from '../../core/live.svelte';
import { outbox } from '../../core/outbox.svelte';
import { keyOfMessages, PAGE } from '../../core/prefetch';
import { showProblem } from '../../core/problems';
import { Resource } from '../../core/resource.svelte';
import { api, session } from '../../core/session.svelte';
import { timeNow } from '../../core/time';

type Schemas = components['schemas'];
export type Message = Schemas['MessageOut'];
export type Conversation = Schemas['ConversationOut'];
export type Match = Schemas['MatchOutput'];

const TYPING_MS = 5_000;
/** How often to ask whether the newest message has been delivered: no event tells it. */
const DELIVERED_EVERY_MS = 8_000;

export class Talk {
  readonly id: string;
  readonly info: Resource<Conversation>;
  /** The newest messages, in the order in which they were written; older ones join by `readOlder`. */
  readonly history: Resource<Message[]>;
  /** The match that this conversation belongs to; null when there is none or it could not be read. */
  readonly match: Resource<Match | null>;
  isTyping = $state(false);
  hasOlder = $state(false);
  isReadingOlder = $state(false);
  /** What is kept on this phone for this conversation and is not yet in it. */
  readonly unsent = $derived.by(() => this.#unsent());
  /** What came while this screen is open: an answer that was read before may lack it. */
  readonly #arrived = new Map<number, Message>();
  #typingTimer = 0;
  #markedSeq = 0;

  constructor(id: string) {
    this.id = id;
    this.info = new Resource(`conversation/${id}`, () =>
      dataOf(api().GET('/api/v1/conversations/{conversation_id}', this.#params())),
    );
    this.history = new Resource(keyOfMessages(id), () => this.#readNewest());
    this.match = new Resource(`match-of/${id}`, () => this.#readMatch());
    keepFresh(this.info, () => false);
    keepFresh(this.history, () => false);
    keepFresh(this.match, ({ event, data }) => 'match' in data && /^(match|handover|receipt)\./.test(event));
    $effect(() => {
      const stops = [
        live.listen((event) => void this.#hear(event)),
        live.onTyping((conversation, user) => this.#showTyping(conversation, user)),
        outbox.sdk.on('outcome', (outcome) => {
          if (outcome.status === 'sent' && outcome.entry.lane === id) this.#merge([outcome.data as Message]);
        }),
      ];
      return () => stops.forEach((stop) => stop());
    });
    $effect(() => this.#markRead());
    $effect(() => this.#followDelivery());
  }

  get name(): string {
    return this.info.value?.other?.first_name ?? '';
  }

  get isClosed(): boolean {
    const closedAt = this.info.value?.closed_at;
    return closedAt != null && Date.parse(closedAt) <= timeNow().getTime();
  }

  /** Whether an app of the other person has received this message. */
  isDelivered(message: Message): boolean {
    return message.seq <= (this.info.value?.other_delivered_seq ?? 0);
  }

  /** Whether the other person has read this message. */
  isRead(message: Message): boolean {
    return message.seq <= (this.info.value?.other_read_seq ?? 0);
  }

  /** Read the page before the oldest message. */
  async readOlder(): Promise<void> {
    const before = this.history.value?.[0]?.seq;
    if (!before || !this.hasOlder || this.isReadingOlder) return;
    this.isReadingOlder = true;
    try {
      this.#merge(await this.#readPage({ before }));
    } catch (error) {
      showProblem(error);
    } finally {
      this.isReadingOlder = false;
    }
  }

  /** Delete one's own message for both. */
  async delete(message: Message): Promise<void> {
    const path = { conversation_id: this.id, message_id: message.id };
    try {
      const call = api().DELETE('/api/v1/conversations/{conversation_id}/messages/{message_id}', { params: { path } });
      this.#merge([await dataOf(call)]);
    } catch (error) {
      showProblem(error);
    }
  }

  /** Say that this person has seen what is shown, while they look at it. */
  seen(): void {
    this.#markRead();
  }

  async #readNewest(): Promise<Message[]> {
    const page = (await this.#readPage({})).reverse();
    const newest = page.at(-1)?.seq ?? 0;
    const later = [...this.#arrived.values()].filter(({ seq }) => seq > newest);
    return [...page, ...later.sort((one, other) => one.seq - other.seq)];
  }

  /** A page of the history, the newest first. */
  async #readPage(query: { before?: number }): Promise<Message[]> {
    const { path } = this.#params().params;
    const params = { path, query: { ...query, limit: PAGE } };
    const page = await dataOf(api().GET('/api/v1/conversations/{conversation_id}/messages', { params }));
    this.hasOlder = page.next !== null;
    return page.results;
  }

  async #readMatch(): Promise<Match | null> {
    const { results } = await dataOf(api().GET('/api/v1/matches', { params: { query: { limit: 50 } } }));
    return results.find(({ conversation }) => conversation === this.id) ?? null;
  }

  async #hear(event: RealtimeEvent): Promise<void> {
    if (!isAbout(event, 'conversation', this.id)) return;
    switch (event.event) {
      case 'message.sent':
        this.#receive(event.data.message as Message);
        break;
      case 'message.deleted':
        await this.#readOne(event.data.message);
        break;
      case 'message.read':
        this.#showRead(event.data.user, event.data.seq);
        break;
    }
  }

  #receive(message: Message): void {
    if (message.sender !== session.userId) this.isTyping = false;
    // The point of a place is in no event.
    if (message.kind === 'location') void this.#readOne(message.id);
    this.#merge([message]);
  }

  async #readOne(message: string): Promise<void> {
    const path = { conversation_id: this.id, message_id: message };
    try {
      const call = api().GET('/api/v1/conversations/{conversation_id}/messages/{message_id}', { params: { path } });
      this.#merge([await dataOf(call)]);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #merge(messages: readonly Message[]): void {
    for (const message of messages) this.#arrived.set(message.seq, message);
    if (this.history.value === null) return;
    const bySeq = new Map(this.history.value.map((message) => [message.seq, message]));
    for (const message of messages) bySeq.set(message.seq, message);
    this.history.set([...bySeq.values()].sort((one, other) => one.seq - other.seq));
  }

  #showRead(user: string, seq: number): void {
    const info = this.info.value;
    if (info && user === info.other?.id) {
      this.info.set({ ...info, other_read_seq: Math.max(seq, info.other_read_seq ?? 0) });
    }
  }

  #showTyping(conversation: string, user: string): void {
    if (conversation !== this.id || user === session.userId) return;
    this.isTyping = true;
    window.clearTimeout(this.#typingTimer);
    this.#typingTimer = window.setTimeout(() => (this.isTyping = false), TYPING_MS);
  }

  #unsent(): OutboxEntry[] {
    const known = new Set(this.history.value?.map(({ client_id }) => client_id));
    return outbox.entries.filter(({ lane, key }) => lane === this.id && !known.has(key));
  }

  #markRead(): void {
    const seq = this.history.value?.at(-1)?.seq ?? 0;
    if (this.history.isOld || document.visibilityState !== 'visible') return;
    // Also before it is known how far they had read: they may leave at once.
    if (seq <= Math.max(this.info.value?.read_seq ?? 0, this.#markedSeq)) return;
    this.#markedSeq = seq;
    api()
      .PUT('/api/v1/conversations/{conversation_id}/read', { ...this.#params(), body: { seq } })
      .then(() => counts.read())
      // Offline; the next message or look tries again.
      .catch(() => (this.#markedSeq = 0));
  }

  /** Ask again while this person's newest message is undelivered and the page is visible. */
  #followDelivery(): (() => void) | undefined {
    const newest = this.history.value?.findLast(({ sender }) => sender === session.userId);
    if (!newest || !this.info.value || this.isDelivered(newest) || this.isRead(newest) || this.isClosed) return;
    const timer = window.setInterval(() => {
      if (document.visibilityState === 'visible' && navigator.onLine) void this.info.load();
    }, DELIVERED_EVERY_MS);
    return () => window.clearInterval(timer);
  }

  #params(): { params: { path: { conversation_id: string } } } {
    return { params: { path: { conversation_id: this.id } } };
  }
}
