import { CloseCode } from '../protocol/close-code';
import { encodeClosePayload } from '../protocol/close-payload';
import { InvalidOptionError } from '../protocol/errors';
import { describe, refuseUnknownOptions } from '../protocol/options';
import type { Member } from './membership';
import { checkRoomName } from './room-name';

/** Whom to disconnect, and what they are told. */
export interface DisconnectOptions {
  /** All connections whose `user` it is. */
  user: string;
  /** Only those that are in this room; they are closed, not taken out of it. Default: whatever room they are in. */
  room?: string;
  /** The close code. Default 1008: clients that reconnect by themselves do not. */
  code?: number;
  /** At most 123 bytes of UTF-8. Default: an empty string. */
  reason?: string;
}

/** `DisconnectOptions` with nothing left open. */
export type Disconnection = Readonly<Required<Omit<DisconnectOptions, 'room'>> & Pick<DisconnectOptions, 'room'>>;

/** What may be said where there is no room to name. */
export const userOptionNames: readonly string[] = ['user', 'code', 'reason'];

const optionNames = [...userOptionNames, 'room'];

/** @throws InvalidOptionError for an option that is missing, unknown or wrong */
export function resolveDisconnect(given: DisconnectOptions, known: readonly string[] = optionNames): Disconnection {
  refuseUnknownOptions('disconnect()', given, known);
  const { user, room, code = CloseCode.PolicyViolation, reason = '' } = given;
  if (typeof user !== 'string') throw new InvalidOptionError(`Option 'user' must be a string, not ${describe(user)}`);
  if (room !== undefined) checkRoomName(room);
  encodeClosePayload(code, reason);
  return room === undefined ? { user, code, reason } : { user, room, code, reason };
}

/** What another node has said to be done, under this name; undefined for anything else that may come. */
export function disconnectionOf(message: object, name: 'disconnect' | 'disconnectUser'): Disconnection | undefined {
  const given = (message as { [name: string]: DisconnectOptions | undefined })[name];
  try {
    return given === undefined ? undefined : resolveDisconnect(given);
  } catch {
    return undefined;
  }
}

/**
 * @returns how many of these are closed by it
 * @internal
 */
export function closeUser({ user, code, reason }: Disconnection, among: Iterable<Member>): number {
  let closed = 0;
  for (const member of among) {
    if (member.user !== user || member.readyState !== 1) continue;
    member.close(code, reason);
    closed++;
  }
  return closed;
}
