import type { WebSocketConnection } from '../connection/websocket-connection';
import type { AdapterError } from '../protocol/errors';
import type { Said } from './said';

/** What messages on their way need of their room. */
export interface OwnMessagesRoom {
  /** Whether it has got all of its log up to an offset. */
  has(offset: number): boolean;
  /** Whether a connection is told nothing now, because it waits for what it missed. */
  waits(socket: WebSocketConnection): boolean;
  /** A message that will not come. */
  givenUp(id: string): void;
  /** None is on its way any more, perhaps. */
  emptied(): void;
}

/**
 * What connections of this node have said in one room, by id: on its way into the log, and until all who said it know that it
 * is there.
 */
export class OwnMessages {
  readonly #said = new Map<string, Said>();

  constructor(private readonly room: OwnMessagesRoom) {}

  get isEmpty(): boolean {
    return this.#said.size === 0;
  }

  get(id: string): Said | undefined {
    return this.#said.get(id);
  }

  add(said: Said): void {
    this.#said.set(said.draft.id, said);
  }

  forget(said: Said): void {
    this.#said.delete(said.draft.id);
    this.room.givenUp(said.draft.id);
    this.room.emptied();
  }

  /** It has its place: tells who said it, but those who wait for what they missed. */
  sent(said: Said, offset: number): void {
    said.offset = offset;
    const { told, waits } = said.take((socket) => !this.room.waits(socket));
    if (!waits) this.#said.delete(said.draft.id);
    for (const speaker of told) speaker.sent(said, offset);
    this.room.emptied();
  }

  appended(said: Said): void {
    if (this.#said.get(said.draft.id) !== said) return;
    // It was there before: said again, by who did not hear that it had arrived.
    const { offset } = said;
    if (offset !== undefined && this.room.has(offset)) this.sent(said, offset);
  }

  failed(said: Said, error: AdapterError): void {
    this.forget(said);
    for (const speaker of said.take(() => true).told) speaker.unsent(said, error);
  }

  /** Tells who said what has its place by now. */
  settle(): void {
    for (const said of [...this.#said.values()]) this.appended(said);
  }

  /** What the log has had, and the room will not get any more. */
  settleLost(): void {
    for (const said of [...this.#said.values()]) {
      if (said.offset === undefined) continue;
      this.sent(said, said.offset);
      said.heard(said.offset);
    }
  }
}
