import { isIP, isIPv4 } from 'node:net';

/** What a proxy may report in place of an address: all such clients together count as one. */
const unknown = 'unknown';

/**
 * The name under which the connections of an address are counted. An IPv6 address stands for the /64 around it, which is
 * what one subscriber has at least, so that nobody has 2^64 addresses to spend; an IPv4 address is the same however it is
 * written (`::ffff:192.0.2.1`).
 *
 * @param address as a socket or a proxy tells it, with a port or a zone perhaps
 * @returns undefined where there is none, as with a Unix socket
 */
export function nameOfAddress(address: string | undefined): string | undefined {
  if (address === undefined || address === '') return undefined;
  const bare = withoutPort(address.slice(0, 64));
  // Never a part of the header that it stood in, which would stay in memory with it.
  if (isIPv4(bare)) return bare.split('.').map(Number).join('.');
  if (isIP(bare) === 0) return unknown;
  const groups = groupsOf(bare);
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (isMapped) return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.');
  return `${groups.slice(0, 4).map(inHex).join(':')}::/64`;
}

/** Some proxies report `192.0.2.1:4711` and `[2001:db8::1]:4711`. */
function withoutPort(address: string): string {
  const [, inBrackets, beforePort] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(address) ?? [];
  return inBrackets ?? beforePort ?? address;
}

/** The eight groups of an IPv6 address that is known to be one. */
function groupsOf(address: string): number[] {
  const [text = ''] = address.split('%');
  const [front = '', back] = text.split('::');
  const first = groupsIn(front);
  const last = back === undefined ? [] : groupsIn(back);
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

function groupsIn(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function inHex(group: number): string {
  return group.toString(16);
}
