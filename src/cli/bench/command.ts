import { type Command, Option } from 'commander';
import { addConnectOptions } from '../connect-options';
import { byteSize, duration, durationOrZero, positive } from '../values';
import { type BenchFlags, modes } from './options';

/** Adds `switchboard bench`. */
export function addBench(program: Command): void {
  const command = program
    .command('bench')
    .summary('measures how fast a server is')
    .description(
      'Opens many connections, sends messages, and says how many were answered, and how fast. The server must send each ' +
        'message back as it came: every answer is compared. --mode says what else it may do.',
    )
    .argument('<url>', 'ws:// or wss://; localhost:8765/path will do')
    .addOption(
      new Option(
        '-m, --mode <mode>',
        'what the server does: echo; answer (one message for each, whatever it says); send and receive (no answers); connect (handshakes only)',
      )
        .choices(modes)
        .default('echo'),
    )
    .option('-c, --connections <number>', 'how many connections', positive, 100)
    .option('-i, --in-flight <number>', 'messages of each connection that wait for an answer (default: 1)', positive)
    .addOption(
      new Option('-r, --rate <number>', 'messages per second in all, by a timetable (open loop)')
        .argParser(positive)
        .conflicts('inFlight'),
    )
    .option('-z, --size <bytes>', 'bytes of a message, as 512 or 64k (default: 32)', byteSize)
    .addOption(new Option('--message <text>', 'send this, instead of numbered messages of --size').conflicts('size'))
    .option('--binary', 'send binary messages instead of texts')
    .option('--first <text>', 'send this once on each connection, before everything else')
    .addOption(
      new Option('-d, --duration <duration>', 'how long to measure, as 10s or 1m')
        .argParser(duration)
        .default(10_000, '10s'),
    )
    .addOption(
      new Option('--warmup <duration>', 'load that is not measured, before')
        .argParser(durationOrZero)
        .default(1000, '1s'),
    )
    .option('--no-warmup', 'measure from the first message on')
    .addOption(
      new Option('--ramp <duration>', 'open the connections evenly over this time')
        .argParser(duration)
        .conflicts('opening'),
    )
    .option('--opening <number>', 'open so many connections at once (default: 64)', positive)
    .addOption(
      new Option('--grace <duration>', 'how long to wait for the last answers')
        .argParser(durationOrZero)
        .default(2000, '2s'),
    )
    .option('--json', 'print one JSON object, and nothing else');
  addConnectOptions(command)
    .addHelpText(
      'after',
      `
Without --rate, an answer pays for the next message: a server that stalls is asked less meanwhile, and its latency looks
better than users find it (coordinated omission). With --rate, latency counts from the time that a message was due.

Ctrl-C and SIGTERM end it early, and what was measured is reported; a second one ends it at once. In the JSON, durations are
in milliseconds and sizes in bytes. It ends with 4 where answers were wrong or missing, and with 5 where connections were lost.

Examples:
  $ switchboard bench localhost:8765/echo
  $ switchboard bench localhost:8765/echo --connections 1000 --ramp 5s --rate 20000 --duration 1m
  $ switchboard bench localhost:8765/echo --in-flight 32 --size 1k --json | jq .messages.perSecond
  $ switchboard bench wss://example.org/api --mode answer --message '{"type":"ping"}' --bearer "$TOKEN"
  $ switchboard bench localhost:8765 --mode connect`,
    )
    .action(async (url: string, flags: BenchFlags) => {
      const { bench } = await import('./bench.js');
      await bench(url, flags);
    });
}
