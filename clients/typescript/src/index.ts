export { type Api, createApi, dataOf } from './api.ts';
export { ServerClock, systemTimers, type Timers } from './clock.ts';
export { ApiError, type FieldError } from './errors.ts';
export { newId } from './ids.ts';
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
