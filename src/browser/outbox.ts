import { ChatError } from './chat-error';
import type { ChatMessage } from './chat-message';
import { keyLifetime } from './protocol';

/** A message of ours that the server has not acknowledged. */
export interface Outgoing<Data> {
  readonly key: string;
  readonly content: Pick<ChatMessage<Data>, 'text' | 'data'>;
  /** The request, as JSON. */
  readonly request: string;
  /** When it was sent for the first time, in milliseconds since 1970. */
  firstSentAt?: number;
  /** Whether it was sent on this connection. */
  isUnderWay: boolean;
  resolve(message: ChatMessage<Data>): void;
  /** Rejects its sender's promise, and takes it out of the outbox. */
  giveUp(error: ChatError): void;
}

/** The unacknowledged messages to one room, in the order in which they were said. */
export class Outbox<Data> {
  readonly #messages = new Map<string, Outgoing<Data>>();

  /** How many were never sent. */
  get waiting(): number {
    let waiting = 0;
    for (const { firstSentAt } of this.#messages.values()) if (firstSentAt === undefined) waiting++;
    return waiting;
  }

  /** The longest one that the server may have. */
  get longest(): Outgoing<Data> | undefined {
    let longest: Outgoing<Data> | undefined;
    for (const message of this.#messages.values()) {
      if (message.firstSentAt !== undefined && message.request.length > (longest?.request.length ?? 0))
        longest = message;
    }
    return longest;
  }

  add(message: Outgoing<Data>): void {
    this.#messages.set(message.key, message);
  }

  take(key: string | undefined): Outgoing<Data> | undefined {
    const message = this.#messages.get(key as string);
    this.#messages.delete(key as string);
    return message;
  }

  has(key: string | undefined): boolean {
    return this.#messages.has(key as string);
  }

  /** What is to be sent on a new connection. What the server may have had, and forgotten, is given up rather than said twice. */
  unsent(): Outgoing<Data>[] {
    for (const { firstSentAt, giveUp } of [...this.#messages.values()]) {
      if (firstSentAt === undefined || Date.now() - firstSentAt <= keyLifetime) continue;
      giveUp(unconfirmed('the connection was away for too long'));
    }
    return [...this.#messages.values()].filter(({ isUnderWay }) => !isUnderWay);
  }

  /** The connection is gone: what was under way may be sent again. */
  lost(): void {
    for (const message of this.#messages.values()) message.isUnderWay = false;
  }

  /** Gives all up: those that were not sent for this reason. */
  clear(reason: ChatError): void {
    for (const { firstSentAt, giveUp } of [...this.#messages.values()]) {
      giveUp(firstSentAt === undefined ? reason : unconfirmed(reason.message));
    }
  }
}

function unconfirmed(why: string): ChatError {
  return new ChatError('unconfirmed', `The message was not acknowledged, and may have arrived or not: ${why}`);
}
