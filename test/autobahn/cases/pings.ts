import { close, hex, ping, pong } from '../../protocol/support/frames';
import { said } from '../../protocol/support/recorder';
import { answered, type Chapter, closed, failed, send } from './autobahn-case';

const bytes = hex('00fffefdfcfb00ff');
const longest = Buffer.alloc(125, 0xfe);
const ten = Array.from({ length: 10 }, (_, index) => `payload-${index}`);

export const pings: Chapter = {
  title: '2 Pings and pongs',
  cases: [
    answered('2.1', 'a ping without payload is answered', [send('together', ping())], said.pong('')),
    answered(
      '2.2',
      'a ping with a text is answered with it',
      [send('together', ping('Hello, world!'))],
      said.pong('Hello, world!'),
    ),
    answered('2.3', 'so is one with bytes that are no UTF-8', [send('together', ping(bytes))], said.pong(bytes)),
    answered('2.4', 'so is one with 125 octets', [send('together', ping(longest))], said.pong(longest)),
    failed('2.5', 1002, 'a ping with 126 octets is refused', [send('together', ping(Buffer.alloc(126, 0xfe)))]),
    answered(
      '2.6',
      'a ping with 125 octets, octet by octet, is answered',
      [send(1, ping(longest))],
      said.pong(longest),
    ),
    closed(
      '2.7',
      'a pong that nobody asked for is not answered',
      [send('together', pong()), send('together', close(1000))],
      [1000],
    ),
    closed(
      '2.8',
      'nor is one with a payload',
      [send('together', pong('unsolicited pong payload')), send('together', close(1000))],
      [1000],
    ),
    answered(
      '2.9',
      'after a pong that nobody asked for a ping is answered',
      [send('together', pong('unsolicited pong payload'), ping('ping payload'))],
      said.pong('ping payload'),
    ),
    answered(
      '2.10',
      'ten pings are answered, each with its payload',
      [send('together', ...ten.map((payload) => ping(payload)))],
      ...ten.map((payload) => said.pong(payload)),
    ),
    answered(
      '2.11',
      'so are ten pings octet by octet',
      [send(1, ...ten.map((payload) => ping(payload)))],
      ...ten.map((payload) => said.pong(payload)),
    ),
  ],
};
