/** An option that is called otherwise elsewhere: what to say where `here` is among the known ones. */
interface ForeignOption {
  readonly here: string;
  readonly words: string;
}

const tlsNames = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'servername', 'rejectUnauthorized', 'checkServerIdentity'];

/**
 * What options are called here that have another name in `ws`, Socket.IO, node:tls or Python's websockets, or where they belong:
 * nobody finds that out by the likeness of letters.
 */
const foreignOptions: ReadonlyMap<string, ForeignOption> = new Map([
  ['maxPayload', renamed('maxMessageSize')],
  ['max_size', renamed('maxMessageSize')],
  ['handleProtocols', renamed('subprotocols', ': a list, or a function that chooses')],
  ['protocol', renamed('subprotocols')],
  ['protocols', renamed('subprotocols')],
  ['verifyClient', { here: 'allowedOrigins', words: 'Middleware before the route decides who may connect' }],
  ['maxRedirects', renamed('followRedirects', ', and takes their number')],
  ['open_timeout', renamed('handshakeTimeout', ', in milliseconds')],
  ['ping_interval', renamed('pingInterval', ', in milliseconds')],
  ['ping_timeout', renamed('pongTimeout', ', in milliseconds')],
  ['agent', { here: 'proxy', words: "Option 'proxy' goes through a proxy, and 'tls' has what an agent knows of TLS" }],
  ['auth', { here: 'proxy', words: 'User and password go into the URL, or into the header Authorization' }],
  ['zlibDeflateOptions', { here: 'level', words: "Of zlib's options there is 'level'" }],
  ['zlibInflateOptions', { here: 'level', words: 'Inflating has no options' }],
  ['concurrencyLimit', { here: 'level', words: 'Nothing waits for a thread here: a message is compressed at once' }],
  ['cors', { here: 'allowedOrigins', words: "Option 'allowedOrigins' says whose pages may connect" }],
  ['origin', { here: 'allowedOrigins', words: "Option 'allowedOrigins' says whose pages may connect" }],
  ['path', { here: 'shutdown', words: 'A path is given to a route: app.ws(path, handler)' }],
  [
    'server',
    { here: 'shutdown', words: 'The servers of the app are found; another one is given to board.attach(server)' },
  ],
  ['history', { here: 'shutdown', words: 'It is an option of chat rooms: rooms({ history })' }],
  [
    'adapter',
    { here: 'shutdown', words: 'It is an option of the hub: switchboard(app, { hub: new Hub({ adapter }) })' },
  ],
  ...tlsNames.map((name) => [name, { here: 'tls', words: `It goes into option 'tls': { tls: { ${name} } }` }] as const),
]);

function renamed(here: string, more = ''): ForeignOption {
  return { here, words: `It is called '${here}' here${more}` };
}

/** What to say of an unknown option that is known elsewhere, where its counterpart is known here. */
export function foreignHint(name: string, known: readonly string[]): string | undefined {
  const option = foreignOptions.get(name);
  return option !== undefined && known.includes(option.here) ? option.words : undefined;
}
