import { InvalidOptionError } from './errors';
import { checkBoolean, checkInteger, describe, refuseUnknownOptions } from './options';
import type { Role } from './role';
import { SharedDeflate } from './shared-deflate';

/** How permessage-deflate (RFC 7692) is offered, agreed and used. None has to be given: `true` stands for all defaults. */
export interface PerMessageDeflateOptions {
  /** Messages of fewer bytes are sent as they are: of a short one little is saved. Default 1,024. */
  threshold?: number;
  /** Of zlib: 1 is fastest, 9 smallest. Default 3: for JSON within a few percent of 6, at little more than the time of 1. */
  level?: number;
  /**
   * Powers of two, 9 to 15: how far back what the server sends may refer. Default 15 (32 KiB). As a client, less than 15
   * is asked of the server.
   */
  serverMaxWindowBits?: number;
  /**
   * Powers of two, 9 to 15: how far back what the client sends may refer. Default for a client 15, and for a server 12
   * (4 KiB), of which it keeps one and a half times for each connection; clients that cannot be asked, as Firefox, use 15.
   */
  clientMaxWindowBits?: number;
  /** Nothing the server sends refers to earlier messages. Saves memory at both ends, and costs bytes. Default false. */
  serverNoContextTakeover?: boolean;
  /** Nothing the client sends refers to earlier messages. Saves memory at both ends, and costs bytes. Default false. */
  clientNoContextTakeover?: boolean;
}

/** The options, checked and complete; made once for an endpoint, and shared by its connections. */
export interface DeflateSettings extends Required<PerMessageDeflateOptions> {
  /** What rooms deflate once for many members, by the window bits agreed with them. */
  shared(windowBits: number): SharedDeflate;
}

const names = [
  'threshold',
  'level',
  'serverMaxWindowBits',
  'clientMaxWindowBits',
  'serverNoContextTakeover',
  'clientNoContextTakeover',
] as const;

/**
 * @param option as the user gave it
 * @returns null where compression is off
 * @throws InvalidOptionError
 */
export function resolveDeflate(
  where: string,
  role: Role,
  option: boolean | PerMessageDeflateOptions | undefined,
): DeflateSettings | null {
  if (option === undefined || option === false) return null;
  if (option !== true && (typeof option !== 'object' || option === null)) {
    throw new InvalidOptionError(
      `Option 'perMessageDeflate' must be true, false, or an object of options, not ${describe(option)}`,
    );
  }
  const given = option === true ? {} : option;
  refuseUnknownOptions(`perMessageDeflate of ${where}`, given, names);
  const settings = {
    threshold: given.threshold ?? 1024,
    level: given.level ?? 3,
    serverMaxWindowBits: given.serverMaxWindowBits ?? 15,
    clientMaxWindowBits: given.clientMaxWindowBits ?? (role === 'server' ? 12 : 15),
    serverNoContextTakeover: given.serverNoContextTakeover ?? false,
    clientNoContextTakeover: given.clientNoContextTakeover ?? false,
  };
  checkInteger('threshold', settings.threshold, { min: 0 });
  checkInteger('level', settings.level, { min: 1, max: 9 });
  // 8 is legal in RFC 7692, but zlib makes 9 of it.
  checkInteger('serverMaxWindowBits', settings.serverMaxWindowBits, { min: 9, max: 15 });
  checkInteger('clientMaxWindowBits', settings.clientMaxWindowBits, { min: 9, max: 15 });
  checkBoolean('serverNoContextTakeover', settings.serverNoContextTakeover);
  checkBoolean('clientNoContextTakeover', settings.clientNoContextTakeover);

  const byWindowBits: SharedDeflate[] = [];
  const shared = (windowBits: number): SharedDeflate => {
    byWindowBits[windowBits] ??= new SharedDeflate(settings.threshold, settings.level, windowBits);
    return byWindowBits[windowBits];
  };
  return Object.freeze({ ...settings, shared });
}
