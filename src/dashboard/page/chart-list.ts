import type { Counts, Sample } from '../wire';
import * as format from './format';

/** One line of a chart. */
export interface Line {
  readonly label: string;
  readonly value: (sample: Sample) => number | null;
}

/** What a chart shows: lines that are always the same, or one for each code that has come. */
export interface ChartSpec {
  readonly title: string;
  readonly hint: string;
  readonly format: format.Format;
  /** What to say where there is nothing but zeros. */
  readonly empty: string;
  readonly content: { readonly lines: readonly Line[] } | { readonly byCode: (sample: Sample) => Counts };
  /** The axis reaches at least so far. */
  readonly top: number;
}

export interface SectionSpec {
  readonly id: string;
  readonly title: string;
  readonly charts: readonly ChartSpec[];
}

export const sections: readonly SectionSpec[] = [
  {
    id: 'connections',
    title: 'Connections',
    charts: [
      {
        title: 'Open connections',
        hint: 'on this node',
        format: format.count,
        empty: 'Nobody is connected',
        top: 5,
        content: { lines: [{ label: 'open', value: ({ connections }) => connections }] },
      },
      {
        title: 'Opened and closed',
        hint: 'per second',
        format: format.rate,
        empty: 'Nobody came or went',
        top: 2,
        content: {
          lines: [
            { label: 'opened', value: ({ opened }) => opened },
            { label: 'closed', value: ({ closed }) => closed },
          ],
        },
      },
      {
        title: 'Handshakes',
        hint: 'from request to answer, middleware included',
        format: format.milliseconds,
        empty: 'No handshakes',
        top: 2,
        content: {
          lines: [
            { label: 'half within', value: ({ handshake }) => handshake?.[0] ?? null },
            { label: '95 %', value: ({ handshake }) => handshake?.[1] ?? null },
            { label: '99 %', value: ({ handshake }) => handshake?.[2] ?? null },
          ],
        },
      },
    ],
  },
  {
    id: 'traffic',
    title: 'Traffic',
    charts: [
      {
        title: 'Messages',
        hint: 'per second',
        format: format.rate,
        empty: 'No messages',
        top: 5,
        content: {
          lines: [
            { label: 'received', value: ({ received }) => received },
            { label: 'sent', value: ({ sent }) => sent },
          ],
        },
      },
      {
        title: 'Payload',
        hint: 'bytes of messages, as the application has them',
        format: format.bytesPerSecond,
        empty: 'No messages',
        top: 1000,
        content: {
          lines: [
            { label: 'received', value: ({ receivedBytes }) => receivedBytes },
            { label: 'sent', value: ({ sentBytes }) => sentBytes },
          ],
        },
      },
      {
        title: 'Held in memory',
        hint: 'of messages on their way',
        format: format.bytes,
        empty: 'Nothing waits: everybody reads what is sent',
        top: 1000,
        content: {
          lines: [
            { label: 'to be sent', value: ({ buffered }) => buffered },
            { label: 'incomplete', value: ({ incomplete }) => incomplete },
          ],
        },
      },
    ],
  },
  {
    id: 'trouble',
    title: 'Refusals, closes and limits',
    charts: [
      {
        title: 'Refused handshakes',
        hint: 'by code, per second',
        format: format.rate,
        empty: 'No handshake was refused',
        top: 2,
        content: { byCode: ({ refusedBy }) => refusedBy },
      },
      {
        title: 'Closed connections',
        hint: 'by close code, per second',
        format: format.rate,
        empty: 'No connection was closed',
        top: 2,
        content: { byCode: ({ closedBy }) => closedBy },
      },
      {
        title: 'Failed and held up',
        hint: 'by code, per second',
        format: format.rate,
        empty: 'Nobody broke a rule or met a limit',
        top: 2,
        content: { byCode: ({ failedBy, limitedBy }) => ({ ...limitedBy, ...failedBy }) },
      },
    ],
  },
  {
    id: 'rooms',
    title: 'Rooms',
    charts: [
      {
        title: 'Rooms and members',
        hint: 'on this node',
        format: format.count,
        empty: 'Nobody is in a room',
        top: 5,
        content: {
          lines: [
            { label: 'members', value: ({ members }) => members },
            { label: 'rooms', value: ({ rooms }) => rooms },
          ],
        },
      },
      {
        title: 'Published and delivered',
        hint: 'a delivery is a message to a member',
        format: format.rate,
        empty: 'Nothing was published',
        top: 5,
        content: {
          lines: [
            { label: 'delivered', value: ({ delivered }) => delivered },
            { label: 'published', value: ({ published }) => published },
            { label: 'dropped for slow members', value: ({ dropped }) => dropped },
          ],
        },
      },
    ],
  },
  {
    id: 'process',
    title: 'Process',
    charts: [
      {
        title: 'Event loop delay',
        hint: 'how late timers come',
        format: format.milliseconds,
        empty: 'The event loop is never late',
        top: 5,
        content: {
          lines: [
            { label: 'half within', value: ({ loopDelay }) => loopDelay[0] },
            { label: '90 %', value: ({ loopDelay }) => loopDelay[1] },
            { label: 'worst', value: ({ loopDelay }) => loopDelay[2] },
          ],
        },
      },
      {
        title: 'Busy',
        hint: 'share of the time; 100 % of the processor is one core',
        format: format.percent,
        empty: 'The process sleeps',
        top: 0.2,
        content: {
          lines: [
            { label: 'event loop', value: ({ loopBusy }) => loopBusy },
            { label: 'processor', value: ({ cpu }) => cpu },
          ],
        },
      },
      {
        title: 'Memory',
        hint: 'of the process',
        format: format.bytes,
        empty: 'Not known',
        top: 1e6,
        content: {
          lines: [
            { label: 'resident', value: ({ rss }) => rss },
            { label: 'heap used', value: ({ heap }) => heap },
            { label: 'external', value: ({ external }) => external },
          ],
        },
      },
    ],
  },
];
