import { HandshakeError } from '../protocol/errors';
import { faultOfName, faultOfRoom } from './requests';

/** A room that a connection is in from its beginning, because its URL names it. */
export interface Invitation {
  readonly room: string;
  readonly name: string | undefined;
}

/** A room in the path below the mount: `/general`. */
const roomInPath = /^\/([^/]+)\/?$/;

/**
 * Which room a URL names: by the parameter `room` of the mount path (`/support/:room`), or by the path below it.
 *
 * @param url path and query below the mount, as Express leaves it in `req.url`
 * @param parameter `req.params.room`, decoded already
 * @returns null where it names none, undefined where the path is deeper than that, and so not ours
 * @throws HandshakeError 400 for a room or a name that no request could have either
 */
export function readInvitation(
  url: string,
  parameter: unknown,
  limits: { maxNameLength: number },
): Invitation | null | undefined {
  const path = pathOf(url);
  const room = typeof parameter === 'string' ? parameter : roomOf(path);
  if (typeof room !== 'string') return room;
  refuse('INVALID_ROOM', faultOfRoom(room));
  const name = new URLSearchParams(url.slice(path.length)).get('name')?.trim();
  if (name !== undefined) refuse('INVALID_NAME', faultOfName(name, limits.maxNameLength));
  return { room, name };
}

/** Whether a path below the mount can name a room, rightly or wrongly, or is the mount itself. */
export function isRoomPath(url: string): boolean {
  const path = pathOf(url);
  return path === '/' || roomInPath.test(path);
}

function pathOf(url: string): string {
  const queryStart = url.indexOf('?');
  return queryStart === -1 ? url : url.slice(0, queryStart);
}

function roomOf(path: string): string | null | undefined {
  if (path === '/') return null;
  const encoded = roomInPath.exec(path)?.[1];
  if (encoded === undefined) return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    refuse(
      'INVALID_ROOM',
      `The name of a room in a URL must be percent-encoded UTF-8; this one is not: ${encoded.slice(0, 40)}`,
    );
  }
}

function refuse(code: string, fault: string): never;
function refuse(code: string, fault: string | undefined): void;
function refuse(code: string, fault: string | undefined): void {
  if (fault !== undefined) throw new HandshakeError(fault, { status: 400, code });
}
