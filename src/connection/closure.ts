import { CloseCode, closeCodeName } from '../protocol/close-code';
import type { ClosePayload } from '../protocol/close-payload';
import type { TimeoutError } from '../protocol/errors';

/** How a connection ended. */
export interface Closure {
  /**
   * The code that the peer's close frame carried (1005 if none); where there was no such frame, the code that we failed
   * the connection with, or else 1006.
   */
  code: number;
  reason: string;
  /** Who began: `'local'` for our `close()`, `terminate()`, or failing of the connection, `'remote'` for everything else. */
  initiator: 'local' | 'remote';
  /** The error behind it, or null where nothing went wrong. Its `code` is one of ours, or one of Node's. */
  cause: (Error & { readonly code?: string }) | null;
}

/** Collects what is known of a connection's end while the closing handshake runs (RFC 6455, section 7). */
export class ClosureRecord {
  sent: ClosePayload | null = null;
  received: ClosePayload | null = null;
  cause: Error | null = null;
  /** The code of the error that we failed the connection with. */
  failure: string | null = null;
  private initiator: Closure['initiator'] | null = null;
  private failedWith: ClosePayload | null = null;

  /** Who comes first, began. */
  begun(initiator: Closure['initiator']): void {
    this.initiator ??= initiator;
  }

  /**
   * We fail the connection; nothing that the peer says now counts.
   *
   * @param code what stands for the error where failures are counted
   */
  failed(close: ClosePayload, cause: Error, code: string): void {
    this.begun('local');
    this.failedWith = close;
    this.cause ??= cause;
    this.failure ??= code;
  }

  /** The peer let a deadline pass, and gets no close frame. */
  timedOut(error: TimeoutError): void {
    this.begun('local');
    this.cause ??= error;
    this.failure ??= error.code;
  }

  /** The code is one of those that applications give a meaning to, and not one that we have said. */
  get isPeersChoice(): boolean {
    const { code } = this.summary();
    return code >= 3000 && !(this.initiator === 'local' && this.sent?.code === code);
  }

  /** True when both sides said goodbye, and nothing went wrong. */
  get isClean(): boolean {
    return this.sent !== null && this.received !== null && this.cause === null;
  }

  summary(): Closure {
    const { code, reason } = this.failedWith ?? this.received ?? { code: CloseCode.AbnormalClosure, reason: '' };
    return { code, reason, initiator: this.initiator ?? 'remote', cause: this.cause };
  }

  /** `received 1000 (normal closure), then sent 1000 (normal closure)`: for messages. */
  describe(): string {
    const sent = this.sent && `sent ${told(this.sent)}`;
    const received = this.received && `received ${told(this.received)}`;
    const inOrder = this.initiator === 'local' ? [sent, received] : [received, sent];
    const both = inOrder.filter((part) => part !== null).join(', then ') || 'no close frame was sent or received';
    return this.cause === null ? both : `${both}; ${this.cause.message}`;
  }
}

function told({ code, reason }: ClosePayload): string {
  return `${code} (${closeCodeName(code)})${reason === '' ? '' : ` ${JSON.stringify(reason)}`}`;
}
