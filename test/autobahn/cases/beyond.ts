import { constants, deflateRawSync } from 'node:zlib';
import { binary, continuation, hex, ping, text } from '../../protocol/support/frames';
import { said } from '../../protocol/support/recorder';
import { testData } from '../support/test-data';
import { type AutobahnCase, answered, type Chapter, failed, send } from './autobahn-case';

const mark = { rsv: 4 };
const begun = { rsv: 4, fin: false };
const goesOn = { fin: false };

/** As RFC 7692, 7.2.1: deflated for itself, without the last four octets of the sync flush. */
function compressed(payload: string | Buffer): Buffer {
  return deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** A whole stream, whose last block has BFINAL. */
const final = (payload: string) => deflateRawSync(payload);
/** A stored block by hand: BFINAL 0, BTYPE 00, length, its complement, octets. */
function stored(payload: string): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from([0, bytes.length, 0, ~bytes.length & 0xff, 0xff]), bytes]);
}

const offered = {
  offer: 'permessage-deflate; client_max_window_bits',
  asks: [{ noContextTakeover: false, maxWindowBits: null }],
  fragmentSize: 0,
  isWorthIt: false,
};
const withDeflate = (each: AutobahnCase): AutobahnCase => ({ ...each, deflate: offered });

const story = 'Once upon a time there was a message, and a message, and a message. '.repeat(20);
const parts = (bytes: Buffer) => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));

/** The suite offers client_no_context_takeover always: of a client that goes on where it was, it knows nothing. */
const takeover: AutobahnCase = {
  ...answered('B.1', '300 compressed messages that refer to those before come back', []),
  rounds: {
    count: 300,
    isBinary: false,
    payload: (round) =>
      testData('json')
        .data()
        .subarray(round * 500, round * 500 + 400),
  },
  deflate: { ...offered, isWorthIt: true },
};

const legal: AutobahnCase[] = [
  answered(
    'B.2',
    'compressed and other messages take turns',
    [send('together', text(compressed(story), mark), text('plain'), binary(compressed(story), mark), binary('plain'))],
    said.text(story),
    said.text('plain'),
    said.binary(Buffer.from(story)),
    said.binary(Buffer.from('plain')),
  ),
  answered(
    'B.3',
    'a compressed message in frames of one octet comes back, octet by octet',
    [
      send(
        1,
        text('', begun),
        ...parts(compressed(story)).map((octet) => continuation(octet, goesOn)),
        continuation(''),
      ),
    ],
    said.text(story),
  ),
  answered(
    'B.4',
    'a ping between fragments of a compressed message is answered first',
    [
      send(
        'by frame',
        text(compressed(story).subarray(0, 9), begun),
        ping('alive?'),
        continuation(compressed(story).subarray(9)),
      ),
    ],
    said.pong('alive?'),
    said.text(story),
  ),
  answered(
    'B.5',
    'an empty message of the octet 00 comes back',
    [send('together', text(hex('00'), mark))],
    said.text(''),
  ),
  answered(
    'B.6',
    'so does a compressed message of no octet at all',
    [send('together', text('', mark), text(compressed('after'), mark))],
    said.text(''),
    said.text('after'),
  ),
  answered(
    'B.7',
    'a message whose last block has BFINAL comes back, and the next one',
    // An empty block without compression follows, as step 2 of 7.2.1 demands; its last four octets are taken off.
    [send('together', text(Buffer.concat([final(story), hex('00')]), mark), text(compressed('after'), mark))],
    said.text(story),
    said.text('after'),
  ),
  answered(
    'B.8',
    'a message of stored blocks comes back',
    [send('together', text(Buffer.concat([stored('Hel'), stored('lo'), hex('00')]), mark))],
    said.text('Hello'),
  ),
  answered(
    'B.9',
    'a character may be cut by the frames of a compressed text',
    [send('together', text(stored('é').subarray(0, 6), begun), continuation(Buffer.from([0xa9, 0x00])))],
    said.text('é'),
  ),
];

const illegal: AutobahnCase[] = [
  failed(
    'B.10',
    1002,
    'RSV1 on a continuation is refused, after the text before has come back',
    [send('together', text('plain'), text(compressed(story), begun), continuation(hex('00'), mark))],
    said.text('plain'),
  ),
  failed('B.11', 1002, 'RSV1 on a ping is refused', [send('together', ping('alive?', mark))]),
  failed('B.12', 1002, 'RSV1 and RSV2 on a text are refused', [send('together', text(compressed(story), { rsv: 6 }))]),
  failed('B.13', 1007, 'what is no DEFLATE is refused', [send('together', text(hex('ffffffff'), mark))]),
  failed('B.14', 1007, 'a compressed message cut short is refused', [
    send('together', text(compressed(story).subarray(0, -7), mark)),
  ]),
  failed('B.15', 1007, 'a reference to what was never said is refused', [
    // A fixed block with a match of length 3, distance 1 and nothing before it.
    send('together', text(hex('020200'), mark)),
  ]),
  failed('B.16', 1007, 'a compressed text that is not UTF-8 inflated is refused', [
    send('together', text(compressed(Buffer.concat([Buffer.from(story), hex('ff')])), mark)),
  ]),
  failed('B.17', 1009, '17 MiB in 17 kB are refused', [
    send('together', binary(compressed(Buffer.alloc(17 * 1024 * 1024)), mark)),
  ]),
];

/** Cases of permessage-deflate that the suite does not know, in its manner. */
export const beyond: Chapter = {
  title: 'beyond the suite: permessage-deflate',
  cases: [takeover, ...[...legal, ...illegal].map(withDeflate)],
};
