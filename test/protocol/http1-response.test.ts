import { expect } from 'chai';
import { type HeaderPairs, Http1ResponseReader } from '../../src/protocol/http1-response';

/** What a reader told, with bodies joined: how a body was cut into pieces is nobody's business. */
function read(pieces: Buffer[], { isHead = false, end = false } = {}) {
  const told: unknown[] = [];
  const body: Buffer[] = [];
  const reader = new Http1ResponseReader(
    {
      receivedInterim: (status: number, headers: HeaderPairs) => told.push(['interim', status, headers]),
      receivedHead: (status: number, headers: HeaderPairs, kind: string) => told.push(['head', status, headers, kind]),
      receivedBody: (bytes: Buffer) => {
        if (body.length === 0) told.push(body);
        body.push(bytes);
      },
      receivedEnd: (trailers: HeaderPairs) => told.push(['end', trailers]),
    },
    isHead,
  );
  for (const piece of pieces) reader.write(piece);
  if (end) reader.end();
  const joined = told.map((each) => (each === body ? Buffer.concat(body).toString('latin1') : each));
  return { told: joined, isOver: reader.isOver };
}

interface Case {
  title: string;
  text: string;
  told: unknown[];
  isHead?: boolean;
  /** The writer ends behind it. */
  end?: boolean;
  isOver?: boolean;
}

const cases: Case[] = [
  {
    title: 'a body of known length',
    text: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
    told: [
      [
        'head',
        200,
        [
          ['content-type', 'text/plain'],
          ['content-length', '5'],
        ],
        'bytes',
      ],
      'hello',
      ['end', []],
    ],
  },
  {
    title: 'a body in chunks, whose bytes look like a head',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\nc\r\nHTTP/1.1 200\r\n0\r\n\r\n',
    told: [['head', 200, [['transfer-encoding', 'chunked']], 'chunks'], '\r\n\r\nHTTP/1.1 200', ['end', []]],
  },
  {
    title: 'trailers',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1: 2\r\nX-More:3\r\n\r\n',
    told: [
      ['head', 200, [['transfer-encoding', 'chunked']], 'chunks'],
      'a',
      [
        'end',
        [
          ['x-sum', '1: 2'],
          ['x-more', '3'],
        ],
      ],
    ],
  },
  {
    title: 'interim responses before the response',
    text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    told: [
      ['interim', 100, []],
      ['interim', 103, [['link', '</a.css>']]],
      ['head', 204, [], 'none'],
      ['end', []],
    ],
  },
  {
    title: 'an empty body',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    told: [
      ['head', 200, [['content-length', '0']], 'none'],
      ['end', []],
    ],
  },
  {
    title: 'the answer to HEAD, which names a length and has no body',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n',
    isHead: true,
    told: [
      ['head', 200, [['content-length', '500']], 'none'],
      ['end', []],
    ],
  },
  {
    title: 'a 304, which names the length of what is not sent',
    text: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n',
    told: [
      ['head', 304, [['content-length', '500']], 'none'],
      ['end', []],
    ],
  },
  {
    title: 'a 101, and nothing of what is behind it',
    text: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00',
    told: [
      ['head', 101, [['upgrade', 'websocket']], 'none'],
      ['end', []],
    ],
  },
  {
    title: 'a body that ends with its connection',
    text: 'HTTP/1.1 200 OK\r\n\r\nuntil the end',
    end: true,
    told: [['head', 200, [], 'bytes'], 'until the end', ['end', []]],
  },
  {
    title: 'repeated headers, one by one, as Latin-1',
    text: 'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=\xfc\r\nContent-Length: 0\r\n\r\n',
    told: [
      [
        'head',
        200,
        [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=\xfc'],
          ['content-length', '0'],
        ],
        'none',
      ],
      ['end', []],
    ],
  },
  {
    title: 'a body cut short: no end',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello',
    end: true,
    isOver: false,
    told: [['head', 200, [['content-length', '10']], 'bytes'], 'hello'],
  },
  {
    title: 'chunks without the last one: no end',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    end: true,
    isOver: false,
    told: [['head', 200, [['transfer-encoding', 'chunked']], 'chunks'], 'hello'],
  },
];

describe('Http1ResponseReader', () => {
  for (const { title, text, told, isHead, end, isOver = true } of cases) {
    const bytes = Buffer.from(text, 'latin1');
    const options = { ...(isHead && { isHead }), ...(end && { end }) };

    it(`reads ${title}: whole`, () => {
      expect(read([bytes], options)).to.deep.equal({ told, isOver });
    });

    it(`reads ${title}: byte by byte`, () => {
      const pieces = Array.from(bytes, (byte) => Buffer.from([byte]));
      expect(read(pieces, options)).to.deep.equal({ told, isOver });
    });

    it(`reads ${title}: split in two at every place`, () => {
      for (let at = 0; at <= bytes.length; at++) {
        const split = [bytes.subarray(0, at), bytes.subarray(at)];
        expect(read(split, options), `split at ${at}`).to.deep.equal({ told, isOver });
      }
    });
  }
});
