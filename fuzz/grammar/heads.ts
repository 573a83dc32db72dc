import type { Random } from '../random';

/** What heads are made of, for mutations. */
export const headWords = [
  'GET',
  'POST',
  ' / ',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  ': ',
  ':',
  ',',
  ', ,',
  ';',
  '=',
  '"',
  '\\',
  '\t',
  'Host: x\r\n',
  'Upgrade: websocket\r\n',
  'Connection: Upgrade\r\n',
  'Proxy-Connection: Upgrade\r\n',
  'Connection: keep-alive, Upgrade\r\n',
  'Sec-WebSocket-Version: 13\r\n',
  'Sec-WebSocket-Version: 8\r\n',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
  'Sec-WebSocket-Protocol: chat\r\n',
  'Sec-WebSocket-Extensions: permessage-deflate\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Expect: 100-continue\r\n',
  '__proto__: 1\r\n',
  'constructor: x\r\n',
  'permessage-deflate',
  'client_max_window_bits',
  'server_no_context_takeover',
  'websocket',
  'h2c',
  'toString',
  '\xa0',
  '\xff',
  '\0',
  '\x7f',
];

const blanks = ['', '', '', ' ', '\t', '  ', ' \t '];
const words = [
  'chat',
  'superchat',
  'v1.json',
  'mqtt',
  'a',
  '!',
  'permessage-deflate',
  'x-webkit-deflate-frame',
  'foo',
  'bar',
  'wss@x',
  '"',
  '',
  '\xe9',
  '__proto__',
];

/** The value of `Sec-WebSocket-Protocol`, or of any other list of words. */
export function tokenList(random: Random): string {
  return Array.from(
    { length: 1 + random.below(4) },
    () => `${random.pick(blanks)}${random.pick(words)}${random.pick(blanks)}`,
  ).join(',');
}

/** The value of `Sec-WebSocket-Extensions`, mostly in its grammar. */
export function extensionList(random: Random): string {
  const blank = () => (random.oneIn(3) ? random.pick(blanks) : '');
  const word = () =>
    random.pick(
      random.oneIn(12) ? words : ['permessage-deflate', 'foo', 'server_max_window_bits', 'x', 'client_max_window_bits'],
    );
  const value = () => {
    const text = random.pick(['10', '15', '8', '"10"', '"1\\0"', 'abc', '"', '""', '"a b"', '16', '"\\', '=']);
    return `${blank()}=${blank()}${text}`;
  };
  const extension = () => {
    const params = Array.from(
      { length: random.below(4) },
      () => `${blank()};${blank()}${word()}${random.oneIn(2) ? value() : ''}`,
    );
    return `${blank()}${word()}${params.join('')}${blank()}`;
  };
  return Array.from({ length: 1 + random.below(3) }, extension).join(',');
}

function anyCase(random: Random, name: string): string {
  return random.oneIn(8) ? name.toUpperCase() : random.oneIn(8) ? name.toLowerCase() : name;
}

/** The lines in any order, some missing, some twice. */
function headOf(random: Random, startLine: string, lines: Array<[string, string]>): Buffer {
  const shuffled = lines.filter(() => !random.oneIn(40));
  if (random.oneIn(16) && shuffled.length > 0) shuffled.push(random.pick(shuffled));
  if (random.oneIn(2)) shuffled.sort(() => random.below(3) - 1);
  const text = shuffled
    .map(([name, value]) => `${anyCase(random, name)}:${random.pick(blanks)}${value}${random.pick(blanks)}\r\n`)
    .join('');
  return Buffer.from(`${startLine}\r\n${text}\r\n`, 'latin1');
}

/** The head of an upgrade request; nearly valid, or valid. */
export function requestHead(random: Random): Buffer {
  const often = (usual: string, others: readonly string[]) => (random.oneIn(16) ? random.pick(others) : usual);
  const lines: Array<[string, string]> = [
    ['Host', often('example.com', ['', 'a:80', '[::1]'])],
    ['Upgrade', often('websocket', ['WebSocket', 'h2c, websocket', 'h2c', 'websocket/13', ' ', ',', 'web socket'])],
    [
      'Connection',
      often('Upgrade', ['keep-alive, Upgrade', 'upgrade', 'keep-alive', 'Upgrade,,', 'close', 'Upgradex']),
    ],
    ['Sec-WebSocket-Version', often('13', ['8', '14', '013', '13, 8', '', '1 3', '+13'])],
    [
      'Sec-WebSocket-Key',
      often('dGhlIHNhbXBsZSBub25jZQ==', [
        '',
        'dGhlIHNhbXBsZSBub25jZQ=',
        'dGhlIHNhbXBsZSBub25jZQA=',
        'dGhlIHNhbXBsZSBub25jZQAA',
        'dGhlIHNhbXBs=SBub25jZQ==',
        'dGhlIHNhbXBsZSBub25jZQ==A',
        'AAAAAAAAAAAAAAAAAAAAAA==',
        'dGhlIHNhbXBsZSBub25jZR==',
        '!!!!!!!!!!!!!!!!!!!!!!==',
      ]),
    ],
  ];
  if (random.oneIn(3)) lines.push(['Sec-WebSocket-Protocol', tokenList(random)]);
  if (random.oneIn(3)) lines.push(['Sec-WebSocket-Extensions', extensionList(random)]);
  if (random.oneIn(4))
    lines.push([
      random.pick(['Origin', 'Cookie', '__proto__', 'constructor', 'X-A', 'Te st', '']),
      random.pick(['', 'x', 'http://a', 'a=b', '\xff', 'ü', '\0']),
    ]);
  const target = often('/', ['/chat?x=1', '*', 'http://a/b', '/ü', '', '/a b', '//']);
  return headOf(
    random,
    `${often('GET', ['POST', 'get', '', 'OPTIONS', 'CONNECT'])} ${target} ${often('HTTP/1.1', ['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.10', 'http/1.1', 'HTTP/', 'HTTP/9.9', 'HTTP/1.1 x'])}`,
    lines,
  );
}

/** The head of a server's answer to the key of RFC 6455, section 1.3. */
export function responseHead(random: Random): Buffer {
  const often = (usual: string, others: readonly string[]) => (random.oneIn(16) ? random.pick(others) : usual);
  const lines: Array<[string, string]> = [
    ['Upgrade', often('websocket', ['WebSocket', 'websocket, h2c', '', 'h2c'])],
    ['Connection', often('Upgrade', ['keep-alive, upgrade', 'close', '', ','])],
    [
      'Sec-WebSocket-Accept',
      often('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=', ['', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo', 'S3pPLMBiTxaQ9kYGzzhZRbK+xOo=']),
    ],
  ];
  if (random.oneIn(3))
    lines.push([
      'Sec-WebSocket-Protocol',
      random.oneIn(4) ? tokenList(random) : random.pick(['chat', 'superchat', 'none']),
    ]);
  if (random.oneIn(3)) lines.push(['Sec-WebSocket-Extensions', extensionList(random)]);
  return headOf(
    random,
    often('HTTP/1.1 101 Switching Protocols', [
      'HTTP/1.1 200 OK',
      'HTTP/1.1 101',
      'HTTP/1.0 101 x',
      'HTTP/1.1 1010 x',
      '101',
    ]),
    lines,
  );
}
