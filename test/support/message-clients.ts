import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';

/** A client of `ws` whose messages are taken one after the other. */
export interface MessageClient {
  readonly client: WebSocket;
  next(): Promise<string>;
}

/** The clients of one `describe`, which are ended together. */
export class MessageClients {
  private readonly clients: WebSocket[] = [];

  async open(url: string, options?: ClientOptions & { subprotocols?: string[] }): Promise<MessageClient> {
    const { subprotocols = [], ...rest } = options ?? {};
    const client = new WebSocket(url, subprotocols, rest);
    this.clients.push(client);
    const waiting: string[] = [];
    let wake: (() => void) | undefined;
    client.on('message', (data) => {
      waiting.push(String(data));
      wake?.();
    });
    await once(client, 'open');
    return {
      client,
      async next() {
        if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        return waiting.shift()!;
      },
    };
  }

  terminate(): void {
    for (const client of this.clients.splice(0)) client.terminate();
  }
}

/** The status with which a server refuses a handshake. */
export async function refusedStatus(url: string, options?: ClientOptions): Promise<number | undefined> {
  const [, response] = await once(new WebSocket(url, options), 'unexpected-response');
  response.resume();
  return response.statusCode;
}
