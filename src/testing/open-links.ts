import type { Link } from './link';
import { within } from './real-time';
import type { TestClient } from './test-client';

/** What `connectTo()` has opened and nobody has closed: the client is there once the server has accepted it. */
const open = new Map<Link, TestClient | undefined>();

/** Milliseconds of real time for the closing handshake at the end of a test. */
const patience = 1000;

/** Remembers a link until both ends are closed. */
export function remember(link: Link): void {
  open.set(link, undefined);
  void link.closed.then(() => open.delete(link));
}

export function accepted(link: Link, client: TestClient): void {
  if (open.has(link)) open.set(link, client);
}

/** The closing handshake, and the end of both sides; a server that does not answer is left. */
export async function closeInOrder(client: TestClient): Promise<void> {
  const link = client.faults as Link;
  link.resume();
  client.resume();
  client.close();
  await within(patience, link.closed);
  client.terminate();
  await end(link);
}

async function end(link: Link): Promise<void> {
  link.destroy();
  await link.closed;
}

/**
 * Closes every connection that `connectTo()` has opened in this process, and waits until they are closed: for `afterEach`.
 *
 * ```ts
 * import { closeAll, connectTo } from 'switchboard/testing';
 * afterEach(closeAll);
 * ```
 *
 * Stalls are ended first; a server that has not answered the closing handshake after a second is cut off. The app itself
 * needs no closing, as nothing listens. Tests that run at the same time in one process do better with
 * `await using socket = await connectTo(…)`, because this closes the connections of all.
 */
export async function closeAll(): Promise<void> {
  await Promise.all(Array.from(open, ([link, client]) => (client === undefined ? end(link) : closeInOrder(client))));
}
