import type { ChatMember, MessageAnswer, Position } from '../../../src/browser/protocol';

/** A request of the client's, as the server reads it. */
export interface Request {
  readonly type: string;
  readonly id?: number;
  readonly room?: string;
  readonly name?: string;
  readonly key?: string;
  readonly text?: string;
  readonly data?: unknown;
  readonly since?: Position;
  readonly before?: Position;
  readonly limit?: number;
}

export const ann: ChatMember = { id: 'a1', name: 'Ann' };
export const bob: ChatMember = { id: 'b1', name: 'Bob' };

/** Another's message. */
export function said(text: string, offset: number | null, more: Partial<MessageAnswer<unknown>> = {}) {
  return { type: 'message', room: 'general', from: bob, text, offset, at: 1_000, ...more };
}

/** The `WebSocket` of browsers, and the server behind it, in a test's hands. */
export class FakeSocket {
  static readonly made: FakeSocket[] = [];
  readonly requests: Request[] = [];
  closedWith: number | undefined;
  onopen: () => void = () => {};
  onmessage: (event: { data: unknown }) => void = () => {};
  onerror: (event: { error?: unknown }) => void = () => {};
  onclose: (event: { code: number; reason: string }) => void = () => {};

  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }

  static get last(): FakeSocket {
    return FakeSocket.made.at(-1)!;
  }

  send(text: string): void {
    this.requests.push(JSON.parse(text));
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  /** The last request of a type. */
  request(type: string): Request {
    return this.requests.filter((request) => request.type === type).at(-1)!;
  }

  /** The texts of the messages that came here. */
  get texts(): (string | undefined)[] {
    return this.requests.filter(({ type }) => type === 'message').map(({ text }) => text);
  }

  open(): this {
    this.onopen();
    return this;
  }

  say(answer: object): void {
    this.onmessage({ data: JSON.stringify(answer) });
  }

  end(code = 1006, reason = ''): void {
    this.onclose({ code, reason });
  }

  /** Lets the client into the room that it asked for last. */
  joined(more: object = {}): void {
    const { id, room } = this.request('join');
    const position = { epoch: 'e1', offset: 7 };
    this.say({
      ...{ type: 'joined', id, room, member: ann, members: [ann, bob], count: 2, position, missed: [], gap: false },
      ...more,
    });
  }

  /** Acknowledges the message that came last, or the one with this text. */
  sent(offset: number, text?: string): void {
    const request = text === undefined ? this.request('message') : this.requests.find((each) => each.text === text)!;
    const { id, room, key } = request;
    this.say({ type: 'sent', id, room, key, offset, at: 2_000 });
  }

  /** Refuses the last request of a type. */
  refuse(type: string, code: string): void {
    const { id, room } = this.request(type);
    this.say({ type: 'error', code, message: `No: ${code}`, request: { type, id, room } });
  }
}
