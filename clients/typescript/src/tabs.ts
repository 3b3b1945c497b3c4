/** Run `work` while no other tab runs work under this name. Without Web Locks (no HTTPS) tabs do not wait for each other. */
export async function exclusively(name: string | null, work: () => Promise<void>): Promise<void> {
  const locks = name === null ? undefined : globalThis.navigator?.locks;
  if (locks === undefined) await work();
  else await locks.request(name!, work);
}

/** Messages to the other tabs of this installation. */
export interface TabChannel<Message> {
  post(message: Message): void;
  close(): void;
}

/** Open a channel; it is silent where `name` is null or the platform has none. */
export function openChannel<Message>(name: string | null, onMessage: (message: Message) => void): TabChannel<Message> {
  if (name === null || typeof BroadcastChannel === 'undefined')
    return { post: () => undefined, close: () => undefined };
  const channel = new BroadcastChannel(name);
  channel.onmessage = (event: MessageEvent<Message>) => onMessage(event.data);
  // In Node an open channel keeps the process alive.
  (channel as { unref?: () => void }).unref?.();
  return { post: (message) => channel.postMessage(message), close: () => channel.close() };
}
