import { accessSync, constants, createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { WebSocketConnection } from '../../connection/websocket-connection';
import { ExitCode } from '../exit-codes';
import { Failure, usageFailure } from '../failure';
import type { SendFlags } from './command';
import { linesOf } from './lines';
import { textPieces } from './text-pieces';

/** Sends something, and resolves when it is under way. */
export type Outgoing = (socket: WebSocketConnection) => Promise<void>;

/**
 * What `send` was asked to send, in order.
 *
 * @throws Failure where standard input is asked for twice, or nothing is, and for a file that cannot be read
 */
export function outgoingOf(
  messages: readonly string[],
  flags: SendFlags,
  input: Readable & { isTTY?: boolean } = process.stdin,
): Outgoing[] {
  const { file = [] } = flags;
  const binary = flags.binary === true;
  const stdin = flags.stdin === true;
  const dashes = messages.filter((message) => message === '-').length;
  if (dashes + Number(stdin) > 1) throw usageFailure('Standard input can be sent once: give one of - and --stdin.');
  const isNothing = messages.length === 0 && file.length === 0 && !stdin;
  if (isNothing && input.isTTY) {
    throw usageFailure('There is nothing to send: give messages, --file, --stdin, or - for the lines that you type.');
  }
  for (const name of file) checkReadable(name);
  const asked = isNothing ? ['-'] : messages;
  return [
    ...asked.map((message) => (message === '-' ? lines(input, binary) : one(message, binary))),
    ...file.map((name) => whole(() => createReadStream(name), `The file ${JSON.stringify(name)}`, binary)),
    ...(stdin ? [whole(() => input, 'Standard input', binary)] : []),
  ];
}

/** Before anything is sent. */
function checkReadable(name: string): void {
  try {
    accessSync(name, constants.R_OK);
  } catch (error) {
    throw usageFailure(`The file ${JSON.stringify(name)} cannot be read: ${(error as Error).message}`);
  }
}

function one(message: string, binary: boolean): Outgoing {
  return async (socket) => {
    if (!socket.send(message, { binary })) await socket.drained();
  };
}

function lines(input: Readable, binary: boolean): Outgoing {
  return async (socket) => {
    for await (const line of linesOf(input)) {
      const message = binary ? line : decoded(line);
      if (!socket.send(message)) await socket.drained();
    }
  };
}

/** All of a stream as one message, in fragments: it may be larger than memory. */
function whole(open: () => Readable, what: string, binary: boolean): Outgoing {
  return async (socket) => {
    const stream = open();
    // An empty source has no first piece to tell of what kind the message is.
    try {
      await socket.sendPieces(binary ? stream : textPieces(stream), { binary });
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw notText(what, error);
      if (syscall === undefined) throw error;
      throw new Failure(`${what} cannot be read: ${(error as Error).message}`, ExitCode.Failed, { cause: error });
    }
  };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(line: Uint8Array): string {
  try {
    return decoder.decode(line);
  } catch (error) {
    throw notText('A line of standard input', error);
  }
}

function notText(what: string, cause: unknown): Failure {
  return new Failure(`${what} is not text in UTF-8: --binary sends it as it is.`, ExitCode.Usage, { cause });
}
