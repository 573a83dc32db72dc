import { Argument, type Command, Option } from 'commander';
import { collect, durationOrZero, port, positive } from '../values';

/** The options of `serve`, as the parser gives them. */
export interface ServeFlags {
  port: number;
  host: string;
  tls?: true;
  tlsPort: number;
  key?: string;
  cert?: string;
  redis?: string;
  nats?: string;
  history: number;
  allowOrigin?: readonly string[];
  maxConnections?: number;
  maxConnectionsPerAddress?: number;
  maxMessagesPerSecond?: number;
  closeOver: number;
  verbose?: true;
}

/** What a server can do with messages. */
export type Service = 'chat' | 'echo';

/** Adds `switchboard serve`. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .summary('runs a chat or echo server')
    .description(
      'Runs a chat server, which speaks the chat protocol at every path, or one that sends back what it gets. It listens on ' +
        'this computer only, unless --host says otherwise.',
    )
    .addArgument(new Argument('[service]', 'what it does').choices(['chat', 'echo']).default('chat'))
    .option('-p, --port <port>', 'for ws:// and http://; 0 is any free one', port, 8765)
    .option('--host <address>', 'where to listen; 0.0.0.0 or :: lets other computers in', '127.0.0.1')
    .option('--tls', 'listen for wss:// too, over HTTP/1.1 and HTTP/2, with a certificate made at the start')
    .option('--tls-port <port>', 'for wss://', port, 8766)
    .option('--key <file>', 'the key of your own certificate (PEM); with --cert')
    .option('--cert <file>', 'your own certificate (PEM); with --key')
    .addOption(new Option('--redis <url>', 'share the chat with other servers by Redis').conflicts('nats'))
    .option('--nats <url>', 'share the chat with other servers by NATS with JetStream')
    .option('--history <number>', 'messages that a room keeps', positive, 100)
    .option('--allow-origin <origin>', 'let pages of this origin connect, or of any: *; several times', collect)
    .option('--max-connections <number>', 'refuse more connections than these, with 503', positive)
    .option('--max-connections-per-address <number>', 'refuse more from one address, with 429', positive)
    .option('--max-messages-per-second <number>', 'close a connection that sends more, with 1008', positive)
    .addOption(
      new Option('--close-over <duration>', 'spread the closing of connections over this time at the end; 0: at once')
        .argParser(durationOrZero)
        .default(1000, '1s'),
    )
    .option('-v, --verbose', 'print a line for each connection')
    .addHelpText(
      'after',
      `
Ctrl-C and SIGTERM close the connections in order, and end with 0; a second one ends at once.

Examples:
  $ switchboard serve
  $ switchboard serve echo --port 9000 --verbose
  $ switchboard serve --tls --host 0.0.0.0 --max-connections-per-address 50 --max-messages-per-second 20
  $ switchboard serve --redis redis://localhost:6379 --port 8001`,
    )
    .action(async (service: Service, flags: ServeFlags) => {
      const { serve } = await import('./serve.js');
      await serve(service, flags);
    });
}
