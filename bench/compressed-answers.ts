/**
 * The generator does not inflate. So before the clock runs a client of `ws` asks for every message of the ring twice, and
 * compares what comes back: the second time what was said before is known to both ends.
 */

import { once } from 'node:events';
import WebSocket from 'ws';
import { BenchError } from './errors';

const TURNS = 2;

/** @throws BenchError for an answer that is not what was sent, or a server that does not compress */
export async function checkCompressedAnswers(
  load: 'echo' | 'fanout',
  port: number,
  messages: readonly Buffer[],
): Promise<void> {
  const receiver = await open(port, load === 'echo' ? '/echo' : '/subscribe');
  const sender = load === 'echo' ? receiver : await open(port, '/publish');
  try {
    const expected = Array.from({ length: TURNS }, () => messages).flat();
    const arrived = compare(receiver, expected);
    for (const message of expected) sender.send(message, { binary: false });
    await arrived;
  } finally {
    receiver.terminate();
    sender.terminate();
  }
}

async function open(port: number, path: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: { threshold: 0 } });
  await once(socket, 'open');
  if (socket.extensions.startsWith('permessage-deflate')) return socket;
  socket.terminate();
  throw new BenchError(`The server does not compress on ${path}`);
}

function compare(socket: WebSocket, expected: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = 0;
    socket.on('message', (data: Buffer) => {
      if (!data.equals(expected[next]!))
        reject(new BenchError(`The compressed answer ${next + 1} inflates to other bytes`));
      else if (++next === expected.length) resolve();
    });
    socket.on('close', () => reject(new BenchError('The server closed the connection before it had answered')));
  });
}
