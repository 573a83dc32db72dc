import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import type { Member } from '../../src/rooms/membership';

/** As much of a connection as a hub needs; collects what it is sent. */
export class FakeMember implements Member {
  readyState = 1;
  readonly sent: { buffer: Buffer; start: number; end: number }[] = [];
  readonly closeCallbacks: ((member: Member) => void)[] = [];
  onSend: () => void = () => {};
  isSlow = false;
  spare = Number.POSITIVE_INFINITY;
  user: string | undefined = undefined;
  readonly errors: unknown[] = [];
  closedWith: [code: number | undefined, reason: string | undefined] | undefined;
  private drainCallbacks: (() => void)[] = [];

  sendShared(buffer: Buffer, start: number, end: number): boolean {
    this.sent.push({ buffer, start, end });
    this.onSend();
    return true;
  }

  whenClosed(callback: (member: Member) => void): void {
    this.closeCallbacks.push(callback);
  }

  whenDrained(callback: () => void): void {
    this.drainCallbacks.push(callback);
  }

  /** Has caught up. */
  drain(): void {
    this.isSlow = false;
    for (const callback of this.drainCallbacks.splice(0)) callback();
  }

  failSlowConsumer(): void {
    this.readyState = 2;
  }

  failWith(error: unknown): void {
    this.errors.push(error);
  }

  close(code?: number, reason?: string): void {
    this.closedWith = [code, reason];
    this.readyState = 3;
    for (const callback of this.closeCallbacks) callback(this);
  }

  /** How many wait to hear that it has caught up. */
  get drainListeners(): number {
    return this.drainCallbacks.length;
  }

  /** The texts of the short frames that it was sent. */
  get texts(): string[] {
    return this.sent.map(({ buffer, start, end }) => buffer.toString('utf8', start + 2, end));
  }

  get asConnection(): WebSocketConnection {
    return this as unknown as WebSocketConnection;
  }
}

export function fakes(count: number): { members: FakeMember[]; connections: WebSocketConnection[] } {
  const members = Array.from({ length: count }, () => new FakeMember());
  return { members, connections: members.map((member) => member.asConnection) };
}
