export { type Api, createApi, dataOf } from './api.ts';
export { ServerClock, systemTimers, type Timers } from './clock.ts';
export type { Socket, SocketClass } from './connection.ts';
export { ApiError, type FieldError } from './errors.ts';
export { newId } from './ids.ts';
export {
  type NewMessage,
  type NewPickup,
  Outbox,
  type OutboxEvents,
  type OutboxOptions,
  type OutboxRequest,
  type Outcome,
  type Queued,
} from './outbox.ts';
export { indexedDbStore, memoryOutboxStore, type OutboxEntry, type OutboxStore, type Refusal } from './outbox-store.ts';
export { followPage } from './page.ts';
export {
  type Cursor,
  Realtime,
  type RealtimeEvent,
  type RealtimeEvents,
  type RealtimeOptions,
  type RealtimeState,
} from './realtime.ts';
export type { components, operations, paths } from './schema.ts';
export {
  Session,
  type SessionEvents,
  type SessionOptions,
  type SessionState,
  type SignInProof,
  type StoredSession,
  type User,
} from './session.ts';
export { memoryStore, type ValueStore, webStore } from './storage.ts';
