import { channels, traced, traces } from '../diagnostics/channels';
import type { AdapterError } from '../protocol/errors';

type Settled = (error?: AdapterError) => void;

/** Whether anybody watches what is published. */
export function isPublishWatched(): boolean {
  return channels.publish.hasSubscribers || traces.publish.hasSubscribers;
}

/**
 * Publishes, and tells those who watch.
 *
 * @param details `{ hub, rooms, data }`
 * @param settled hears of each room whether its log has it; the trace lasts until then
 */
export function watchedPublish(
  details: { readonly hub: object; readonly rooms: readonly string[]; readonly data: unknown },
  settled: Settled | undefined,
  publish: (settled: Settled | undefined) => void,
): void {
  if (channels.publish.hasSubscribers) channels.publish.publish(details);
  if (!traces.publish.hasSubscribers) {
    publish(settled);
    return;
  }
  const confirmed = traced(traces.publish, details, () => {
    if (settled === undefined) return publish(undefined);
    let missing = details.rooms.length;
    return new Promise<void>((resolve, reject) => {
      publish((error) => {
        settled(error);
        missing--;
        if (error !== undefined) reject(error);
        else if (missing === 0) resolve();
      });
    });
  });
  // Who has asked for the confirmation is told by `settled`.
  if (confirmed instanceof Promise) confirmed.catch(() => {});
}
