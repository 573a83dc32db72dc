import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { InvalidOptionError } from '../protocol/errors';
import type { ClientConnection } from './client-connection';
import { connect } from './connect';
import type { ConnectOptions } from './options';
import { headerPairs, type RequestHeaders } from './request-headers';

const ownMethods = { headers: '.headers({ … }) or .header(name, value)', subprotocols: '.subprotocols(…)' };

/**
 * Collects what `connect()` takes, step by step:
 * `new WebSocketBuilder(url).header('Cookie', cookie).subprotocols('chat').connect()`.
 *
 * Everything is checked by `connect()`, which may be called more than once: each call opens a connection.
 */
export class WebSocketBuilder {
  private readonly collected: ConnectOptions = {};
  private readonly headerList = new Map<string, readonly [name: string, value: string]>();
  private readonly offered: string[] = [];

  /** @param url see `connect()` */
  constructor(private readonly url: string | URL) {}

  /** Sets a header of the opening handshake, in place of an earlier one of that name. */
  header(name: string, value: string): this {
    this.headerList.set(String(name).toLowerCase(), [name, value]);
    return this;
  }

  /**
   * Sets several headers.
   *
   * @throws InvalidOptionError for what holds no names and values
   */
  headers(headers: RequestHeaders): this {
    for (const [name, value] of headerPairs(headers)) this.header(name, value);
    return this;
  }

  /** Offers more subprotocols, behind those offered already: names, or lists of them. */
  subprotocols(...names: Array<string | readonly string[]>): this {
    this.offered.push(...(names.flat() as string[]));
    return this;
  }

  /** Sets the header `Origin`. */
  origin(origin: string): this {
    return this.option('origin', origin);
  }

  /** Adds options for node:tls. */
  tls(options: TlsOptions): this {
    return this.option('tls', { ...this.collected.tls, ...options });
  }

  /**
   * Sets any other option of `connect()`.
   *
   * @throws InvalidOptionError for `headers` and `subprotocols`, which have methods of their own
   */
  option<Name extends Exclude<keyof ConnectOptions, 'headers' | 'subprotocols'>>(
    name: Name,
    value: ConnectOptions[Name],
  ): this {
    if (Object.hasOwn(ownMethods, name)) {
      throw new InvalidOptionError(`option('${name}', …) is ${ownMethods[name as keyof typeof ownMethods]} here`);
    }
    Object.assign(this.collected, { [name]: value });
    return this;
  }

  /** Opens a connection; see `connect()`. */
  connect(): Promise<ClientConnection> {
    return connect(this.url, { ...this.collected, headers: this.headerList.values(), subprotocols: [...this.offered] });
  }
}
