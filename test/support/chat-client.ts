import { once } from 'node:events';
import { expect } from 'chai';
import { WebSocket } from 'ws';

export interface Answer {
  type: string;
  [field: string]: unknown;
}

/** A client of the chat protocol, made with `ws`: keeps the answers until the test asks for them. */
export class ChatClient {
  private readonly answers: Answer[] = [];
  private wake: () => void = () => {};

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.answers.push(JSON.parse(String(data)) as Answer);
      this.wake();
    });
    socket.on('close', () => this.wake());
    socket.on('error', () => {});
  }

  static async connect(port: number, path = '/', headers: Record<string, string> = {}): Promise<ChatClient> {
    const client = new ChatClient(new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers }));
    await once(client.socket, 'open');
    return client;
  }

  /** Sends a request; a string or bytes go out as they are. */
  send(request: object | string): this {
    this.socket.send(typeof request === 'string' || Buffer.isBuffer(request) ? request : JSON.stringify(request));
    return this;
  }

  /** The next answer; waits for it. */
  async next(): Promise<Answer> {
    while (this.answers.length === 0) {
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error('The connection was closed before an answer');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.answers.shift()!;
  }

  /** The next answer, which must be of this type. */
  async expect(type: string): Promise<Answer> {
    const answer = await this.next();
    expect(answer, JSON.stringify(answer)).to.include({ type });
    return answer;
  }

  /** Joins, and returns what `joined` says. */
  async join(room: string, name?: string): Promise<Answer & { member: { id: string; name: string } }> {
    this.send({ type: 'join', room, name });
    return (await this.expect('joined')) as Answer & { member: { id: string; name: string } };
  }

  /**
   * Everything that has come by now: asks for something that is surely answered, since answers come in order.
   */
  async soFar(): Promise<Answer[]> {
    this.send({ type: 'no such type', id: 'probe' });
    const before: Answer[] = [];
    for (;;) {
      const answer = await this.next();
      if ((answer.request as { id?: string } | undefined)?.id === 'probe') return before;
      before.push(answer);
    }
  }

  async closed(): Promise<{ code: number; reason: string }> {
    const [code, reason] = (await once(this.socket, 'close')) as [number, Buffer];
    return { code, reason: reason.toString() };
  }
}
