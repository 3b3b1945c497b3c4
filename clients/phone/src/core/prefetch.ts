/** Caches the newest messages of recent conversations, so that one that was never opened is readable offline. */
import { ApiError, dataOf, type components } from '@tinder-for-trash/sdk';
import { cacheFor, keepEach } from './cache';
import { whenIdle } from './idle';
import { live } from './live.svelte';
import { api, session } from './session.svelte';

type Schemas = components['schemas'];
type Conversation = Schemas['ConversationOut'];
type Message = Schemas['MessageOut'];

const CONVERSATIONS = 10;
/** Messages of a conversation that are read at once. */
export const PAGE = 50;
/** Lets the visible screen load first, and several events cause one request. */
const PAUSE_MS = 5_000;

let timer = 0;

/** Refresh the cache now, and after each new message or conversation. Call it once. */
export function keepConversations(): void {
  live.listen(({ event }) => {
    if (event === 'message.sent' || event === 'match.made') refreshSoon();
  });
  live.onReload(async () => refreshSoon());
  refreshSoon();
}

/** The key under which the messages of a conversation are kept. */
export function keyOfMessages(conversation: string): string {
  return `messages/${conversation}`;
}

function refreshSoon(): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void whenIdle().then(keepRecent), PAUSE_MS);
}

async function keepRecent(): Promise<void> {
  if (session.state !== 'signed_in' || !navigator.onLine) return;
  try {
    const query = { limit: CONVERSATIONS };
    const { results } = await dataOf(api().GET('/api/v1/conversations', { params: { query } }));
    keepEach('conversation', results);
    for (const conversation of results) await keepMessages(conversation);
  } catch (error) {
    // The next event, or the next start, tries again.
    if (!(error instanceof ApiError)) throw error;
  }
}

/** Read the newest page, unless it is cached. An open conversation caches its own messages. */
async function keepMessages({ id, last_seq }: Conversation): Promise<void> {
  const cache = cacheFor<Message[]>(keyOfMessages(id));
  const kept = await cache.load();
  if ((kept?.at(-1)?.seq ?? 0) >= last_seq) return;
  const params = { path: { conversation_id: id }, query: { limit: PAGE } };
  const { results } = await dataOf(api().GET('/api/v1/conversations/{conversation_id}/messages', { params }));
  await cache.save(results.reverse());
}
