import Table from 'cli-table3';
import { formatHistogram } from './bars';
import { type Counts, total } from './counts';
import { formatBytes, formatDuration, formatNumber, formatRate, formatShare } from './format';
import type { LatencySummary } from './latencies';
import type { BenchResult } from './result';

/** The result for people: tables, a histogram, and what one must know to believe them. */
export function formatReport(result: BenchResult): string {
  const { connections, messages, measured, url } = result;
  const latency = messages === null ? connections.latency : messages.latency;
  const over = `${connections.httpVersion === '2.0' ? 'HTTP/2' : 'HTTP/1.1'}${connections.extensions && `, ${connections.extensions}`}`;
  return [
    `${url} (${over}): ${asked(result)}, measured for ${formatDuration(measured)}${endings[result.ended]}`,
    counts(result),
    latencies(result),
    ...(latency === null ? [] : [formatHistogram(latency.histogram)]),
    ...notes(result).map((note) => `! ${note}`),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const endings = {
  complete: '',
  interrupted: ' (interrupted)',
  lost: ' (ended early: no connection was left)',
};

function asked({ mode, options }: BenchResult): string {
  const { connections, inFlight, rate, size, binary } = options;
  const load =
    rate !== null
      ? `${formatRate(rate)} messages/s by timetable`
      : inFlight === null
        ? ''
        : `${inFlight} in flight each`;
  const messages = size === null ? '' : `${formatBytes(size)} ${binary ? 'binary' : 'text'}`;
  const parts = [mode, `${formatRate(connections)} connections`, load, messages];
  return parts.filter((part) => part !== '').join(', ');
}

function counts({ connections, messages, mode, options }: BenchResult): string {
  const table = plainTable([]);
  const row = (name: string, value: number, details = '') => table.push([name, formatRate(value), details]);
  row('connections', connections.opened, `${formatRate(connections.perSecond)}/s`);
  if (total(connections.failed) > 0) row('  failed', total(connections.failed), list(connections.failed));
  if (total(connections.lost) > 0) row('  lost', total(connections.lost), list(connections.lost, 'close code '));
  if (total(connections.errors) > 0) row('  errors', total(connections.errors), list(connections.errors));
  if (messages !== null) {
    row('messages/s', messages.perSecond, `${formatBytes(messages.bytesPerSecond)}/s`);
    if (mode !== 'receive') row('  sent', messages.sent);
    if (mode !== 'send') row(mode === 'receive' ? '  received' : '  answered', messages.answered);
    // Without a timetable they are the last ones of each connection, and no news.
    if (messages.late > 0 && options.rate !== null) row('  late', messages.late, 'answered after the measured time');
    if (messages.missing > 0) row('  missing', messages.missing, 'never answered');
    if (messages.wrong > 0) row('  wrong', messages.wrong, `the first: ${messages.firstWrong}`);
    if (messages.outOfOrder > 0) row('  out of order', messages.outOfOrder);
  }
  return table.toString();
}

function latencies({ connections, messages, generator }: BenchResult): string {
  const rows: [string, LatencySummary | null][] = [
    ['connecting', connections.latency],
    ['message to answer', messages?.latency ?? null],
    ['sent late by', generator.lateness],
  ];
  const known = rows.flatMap(([name, latency]) => (latency === null ? [] : [{ name, latency }]));
  if (known.length === 0) return '';
  const table = plainTable(['', 'p50', 'p90', 'p99', 'p99.9', 'max']);
  for (const { name, latency } of known) {
    const { p50, p90, p99, p999, max } = latency;
    table.push([name, ...[p50, p90, p99, p999, max].map(formatDuration)]);
  }
  return table.toString();
}

function plainTable(head: string[]): Table.Table {
  const isList = head.length === 0;
  return new Table({
    ...(!isList && { head }),
    colAligns: isList ? ['left', 'right', 'left'] : ['left', ...head.slice(1).map(() => 'right' as const)],
    // Colours would be in files as well.
    style: { head: [], border: [], compact: true },
  });
}

/** `HTTP_503: 12, ECONNRESET: 3`, the most frequent first. */
function list(counts: Counts, before = ''): string {
  const sorted = Object.entries(counts).sort(([, one], [, other]) => other - one);
  return sorted.map(([kind, count]) => `${before}${kind}: ${formatRate(count)}`).join(', ');
}

function notes({ mode, messages, generator, measured }: BenchResult): string[] {
  const found: string[] = [];
  const { cpu, eventLoop, lateness, isBottleneck } = generator;
  if (isBottleneck && lateness !== null) {
    found.push(
      `The generator could not keep its timetable: one message in a hundred was ${formatDuration(lateness.p99)} late or more, ` +
        `which is part of its latency. It used ${formatShare(cpu)} of its core: ask for a lower --rate, or measure where nothing else runs.`,
    );
  } else if (isBottleneck) {
    found.push(
      `The generator was busy for ${formatShare(eventLoop)} of the time, and used ${formatShare(cpu)} of its core: ` +
        'the server may be faster than this.',
    );
  }
  if (messages === null) return found;
  if (mode === 'echo' && messages.wrong > 0) {
    found.push(
      'The server sent what is no echo: each message must come back as it was, once, and of the same type. ' +
        '--mode answer takes any answer.',
    );
  }
  if (messages.missing > 0 && messages.answered === 0 && messages.wrong === 0) {
    found.push('No message was answered. Does the server echo what it gets? --mode send needs no answers.');
  } else if (mode === 'receive' && messages.answered === 0) {
    found.push(`Nothing came in ${formatNumber(measured / 1000)} s. Does the server want to be asked first (--first)?`);
  }
  return found;
}
