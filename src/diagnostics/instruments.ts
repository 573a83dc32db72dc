import { adapterStatuses } from './adapter-status';
import type { Metrics } from './metrics';

/** What the names of a record are. */
export type Division = 'closeCode' | 'error' | 'limit' | 'status';

/** A number of a board, or one for each name of a record: whoever collects them gives them names as they are usual there. */
export interface Instrument {
  /** Its parts between dots. */
  readonly name: string;
  /** Where names have their unit at the end: the name without what says that it only grows. @default the parts between underscores */
  readonly unitName?: string;
  /** What goes up and down; otherwise it only grows. */
  readonly isLevel?: boolean;
  /** As UCUM has it. */
  readonly unit: string;
  readonly description: string;
  /** For records. */
  readonly by?: Division;
  /** It is about the whole process: every board says the same. */
  readonly isOfProcess?: boolean;
  read(metrics: Metrics): number | Readonly<Record<string, number>>;
}

/** All that `metrics()` tells, but for the duration of handshakes. */
export const instruments: readonly Instrument[] = [
  {
    name: 'connections.open',
    isLevel: true,
    unit: '{connection}',
    description: 'Connections that are open.',
    read: ({ connections }) => connections.open,
  },
  {
    name: 'connections.opened',
    unit: '{connection}',
    description: 'Connections that were accepted.',
    read: ({ connections }) => connections.opened,
  },
  {
    name: 'connections.closed',
    unit: '{connection}',
    description: 'Connections that are closed, by close code: 1006 where one was lost.',
    by: 'closeCode',
    read: ({ connections }) => connections.closed,
  },
  {
    name: 'connections.failed',
    unit: '{connection}',
    description: 'Connections that this side has failed, by the code of the error.',
    by: 'error',
    read: ({ connections }) => connections.failed,
  },
  {
    name: 'handshakes.pending',
    isLevel: true,
    unit: '{handshake}',
    description: 'Upgrade requests that have no answer yet.',
    read: ({ handshakes }) => handshakes.pending,
  },
  {
    name: 'handshakes.accepted',
    unit: '{handshake}',
    description: 'Upgrade requests that were accepted.',
    read: ({ handshakes }) => handshakes.accepted,
  },
  {
    name: 'handshakes.refused',
    unit: '{handshake}',
    description: 'Upgrade requests that were not accepted, by the code of the error.',
    by: 'error',
    read: ({ handshakes }) => handshakes.refused,
  },
  {
    name: 'messages.received',
    unit: '{message}',
    description: 'Messages received.',
    read: ({ messages }) => messages.received,
  },
  {
    name: 'messages.sent',
    unit: '{message}',
    description: 'Messages sent.',
    read: ({ messages }) => messages.sent,
  },
  {
    name: 'payload.received',
    unitName: 'received_bytes',
    unit: 'By',
    description: 'Payload of messages received, inflated.',
    read: ({ bytes }) => bytes.received,
  },
  {
    name: 'payload.sent',
    unitName: 'sent_bytes',
    unit: 'By',
    description: 'Payload of messages sent, before it is deflated.',
    read: ({ bytes }) => bytes.sent,
  },
  {
    name: 'limited',
    unit: '{event}',
    description: 'How often a limit has held something up, or refused it, without closing.',
    by: 'limit',
    read: ({ limited }) => limited,
  },
  {
    name: 'handlers.running',
    isLevel: true,
    unit: '{handler}',
    description: 'Route handlers that have not returned yet.',
    read: ({ handlers }) => handlers.running,
  },
  {
    name: 'handlers.errors',
    unitName: 'handler_errors',
    unit: '{error}',
    description: 'Exceptions and rejections of handlers and listeners.',
    read: ({ handlers }) => handlers.errors,
  },
  {
    name: 'payload.buffered',
    unitName: 'buffered_bytes',
    isLevel: true,
    unit: 'By',
    description: 'Bytes that wait to be sent, on all connections.',
    read: ({ buffered }) => buffered,
  },
  {
    name: 'payload.incomplete',
    unitName: 'incomplete_bytes',
    isLevel: true,
    unit: 'By',
    description: 'Bytes of messages that have not come to their end, in the whole process.',
    isOfProcess: true,
    read: ({ incomplete }) => incomplete,
  },
  {
    name: 'rooms.open',
    unitName: 'rooms',
    isLevel: true,
    unit: '{room}',
    description: 'Rooms with members on this node.',
    read: ({ rooms }) => rooms.rooms,
  },
  {
    name: 'rooms.members',
    unitName: 'room_members',
    isLevel: true,
    unit: '{connection}',
    description: 'Connections in rooms on this node.',
    read: ({ rooms }) => rooms.members,
  },
  {
    name: 'rooms.published',
    unitName: 'room_messages_published',
    unit: '{message}',
    description: 'Messages published to rooms.',
    read: ({ rooms }) => rooms.published,
  },
  {
    name: 'rooms.delivered',
    unitName: 'room_messages_delivered',
    unit: '{message}',
    description: 'Messages delivered from rooms, one to a member each.',
    read: ({ rooms }) => rooms.delivered,
  },
  {
    name: 'rooms.dropped',
    unitName: 'room_messages_dropped',
    unit: '{message}',
    description: 'Messages that slow members of rooms did not get.',
    read: ({ rooms }) => rooms.dropped,
  },
  {
    name: 'adapter.status',
    isLevel: true,
    unit: '1',
    description: '1 for the status that the adapter of the rooms has, 0 for the others.',
    by: 'status',
    read: ({ rooms }) =>
      Object.fromEntries(adapterStatuses.map((status) => [status, Number(status === rooms.adapter)])),
  },
];

/** What `handshakes.duration` is, in seconds. */
export const handshakeDuration = 'From the arrival of an upgrade request to its answer.';
