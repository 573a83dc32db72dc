import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';
import { isExempt } from './no-proxy';

/** The environment of a process, as far as it speaks of proxies. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a `ws:` or `wss:` URL by the variables that curl and others obey, in lower or upper case, lower first:
 * `HTTPS_PROXY` for `wss:`, `HTTP_PROXY` for `ws:`, then `ALL_PROXY`, unless `NO_PROXY` exempts the host.
 *
 * A loopback address is never reached through a proxy. In a CGI program, which `REQUEST_METHOD` gives away, `HTTP_PROXY`
 * may be the request's own header `Proxy` (CVE-2016-5385), and is not looked at.
 *
 * @throws InvalidOptionError that names the variable whose value is no proxy
 */
export function proxyFromEnvironment(url: URL, environment: ProxyEnvironment = process.env): URL | null {
  const names = [
    ...(url.protocol === 'wss:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy']),
    'all_proxy',
    'ALL_PROXY',
  ];
  if (url.protocol === 'ws:' && !environment.REQUEST_METHOD) names.splice(1, 0, 'HTTP_PROXY');
  const name = names.find((each) => environment[each]);
  if (name === undefined) return null;
  if (isExempt(url, environment.no_proxy || environment.NO_PROXY || '')) return null;
  return parseProxy(environment[name]!, `The environment variable ${name}`);
}

/**
 * Reads the address of a proxy; without a scheme it is `http:`.
 *
 * @param what the place it comes from, for error messages
 * @throws InvalidOptionError
 */
export function parseProxy(given: string | URL, what: string): URL {
  const text = String(given);
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    // Not shown: a password may be in it.
    throw new InvalidOptionError(`${what} must be the URL of a proxy, as http://localhost:3128`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new InvalidOptionError(`${what} must begin with http:// or https://, not ${describe(`${url.protocol}//`)}`);
  }
  return url;
}
