import { BlockList, isIP, isIPv6 } from 'node:net';
import { hostOf, portOf } from './target';

/**
 * Whether `NO_PROXY` exempts the host of a URL: a list, separated by commas or blanks, of
 *
 * - `*`: every host
 * - `example.com`, `.example.com`, `*.example.com`: the host, and every host below it
 * - `192.168.1.1`, `[::1]`, `::1`: this address
 * - `10.0.0.0/8`, `fd00::/8`: addresses of this network
 *
 * each but networks also with `:port`. A loopback address, and `localhost`, is always exempt.
 */
export function isExempt(url: URL, list: string): boolean {
  const host = hostOf(url).replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost') || loopback.has(host)) return true;
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, host, portOf(url)));
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isInNetwork(host, entry);
  const [name, entryPort] = isIPv6(entry) ? [entry, undefined] : splitPort(entry);
  if (entryPort !== undefined && entryPort !== String(port)) return false;
  if (isIP(name) !== 0 || isIP(host) !== 0) return isIP(name) !== 0 && isInNetwork(host, name);
  const suffix = name.replace(/^\*?\./, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

function splitPort(entry: string): [name: string, port: string | undefined] {
  const found = /^(.*?)(?::(\d+))?$/.exec(entry);
  return [(found?.[1] ?? entry).replace(/^\[(.*)\]$/, '$1'), found?.[2]];
}

/** An address is a network of one: so different spellings of an IPv6 address are the same. */
function isInNetwork(host: string, network: string): boolean {
  const version = isIP(host);
  if (version === 0) return false;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const [address = '', bits = version === 6 ? '128' : '32'] = network.split('/');
  if (isIP(address) !== version || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 6 ? 128 : 32)) return false;
  const members = new BlockList();
  members.addSubnet(address, Number(bits), family);
  return members.check(host, family);
}

const loopback = { has: (host: string) => isInNetwork(host, '127.0.0.0/8') || isInNetwork(host, '::1') };
