import { expect } from 'chai';
import { acceptDeflate, checkDeflateAnswer, offerDeflate } from '../../src/protocol/deflate-negotiation';
import { type PerMessageDeflateOptions, resolveDeflate } from '../../src/protocol/deflate-options';
import { HandshakeError } from '../../src/protocol/errors';
import { parseExtensions, serializeExtensions } from '../../src/protocol/headers';
import type { Role } from '../../src/protocol/role';

function settings(role: Role, options: PerMessageDeflateOptions = {}) {
  return resolveDeflate('test()', role, options)!;
}

/** What a server with these options answers to the header, or null where it compresses nothing. */
function answerTo(header: string, options?: PerMessageDeflateOptions): string | null {
  const accepted = acceptDeflate(parseExtensions(header), settings('server', options));
  return accepted === null ? null : serializeExtensions([accepted.answer]);
}

describe('offerDeflate', () => {
  const offers: Array<[PerMessageDeflateOptions, string]> = [
    [{}, 'permessage-deflate; client_max_window_bits'],
    [{ clientMaxWindowBits: 10 }, 'permessage-deflate; client_max_window_bits=10'],
    [{ serverMaxWindowBits: 9 }, 'permessage-deflate; server_max_window_bits=9; client_max_window_bits'],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true },
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits',
    ],
  ];
  for (const [options, header] of offers) {
    it(`${JSON.stringify(options)} offers ${header}`, () => {
      expect(serializeExtensions([offerDeflate(settings('client', options))])).to.equal(header);
    });
  }
});

describe('acceptDeflate', () => {
  const answers: Array<[offer: string, answer: string | null, options?: PerMessageDeflateOptions]> = [
    ['permessage-deflate', 'permessage-deflate'],
    ['x-other', null],
    ['x-other, permessage-deflate', 'permessage-deflate'],
    ['PERMESSAGE-DEFLATE', null],

    ['permessage-deflate; client_max_window_bits', 'permessage-deflate; client_max_window_bits=12'],
    ['permessage-deflate; client_max_window_bits=15', 'permessage-deflate; client_max_window_bits=12'],
    ['permessage-deflate; client_max_window_bits=10', 'permessage-deflate; client_max_window_bits=10'],
    ['permessage-deflate; client_max_window_bits=8', 'permessage-deflate; client_max_window_bits=8'],
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate', { clientMaxWindowBits: 15 }],
    // 7.1.2.2: it must not be named to a client that did not offer it.
    ['permessage-deflate', 'permessage-deflate', { clientMaxWindowBits: 9 }],

    ['permessage-deflate; server_max_window_bits=10', 'permessage-deflate; server_max_window_bits=10'],
    ['permessage-deflate; server_max_window_bits=15', 'permessage-deflate; server_max_window_bits=15'],
    [
      'permessage-deflate; server_max_window_bits=15',
      'permessage-deflate; server_max_window_bits=11',
      { serverMaxWindowBits: 11 },
    ],
    // 7.1.2.1: it may be named to a client that did not offer it.
    ['permessage-deflate', 'permessage-deflate; server_max_window_bits=11', { serverMaxWindowBits: 11 }],

    ['permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover'],
    ['permessage-deflate; client_no_context_takeover', 'permessage-deflate; client_no_context_takeover'],
    [
      'permessage-deflate',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
      { serverNoContextTakeover: true, clientNoContextTakeover: true },
    ],
    [
      'permessage-deflate; server_max_window_bits=9; client_no_context_takeover; client_max_window_bits=9; server_no_context_takeover',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9',
    ],
    ['permessage-deflate; server_max_window_bits="10"', 'permessage-deflate; server_max_window_bits=10'],

    // zlib makes 9 of it, which the client could not inflate.
    ['permessage-deflate; server_max_window_bits=8', null],
    ['permessage-deflate; server_max_window_bits=8, permessage-deflate', 'permessage-deflate'],

    // The order of the offers is the client's preference.
    [
      'permessage-deflate; server_max_window_bits=10, permessage-deflate; server_max_window_bits=9',
      'permessage-deflate; server_max_window_bits=10',
    ],

    // Declined, and the next one looked at.
    ['permessage-deflate; unknown', null],
    ['permessage-deflate; unknown, permessage-deflate', 'permessage-deflate'],
    ['permessage-deflate; unknown=1', null],
    ['permessage-deflate; hasownproperty', null],
    ['permessage-deflate; __proto__', null],
    ['permessage-deflate; Server_no_context_takeover', null],
    ['permessage-deflate; server_no_context_takeover=1', null],
    ['permessage-deflate; client_no_context_takeover=true', null],
    ['permessage-deflate; server_no_context_takeover; server_no_context_takeover', null],
    ['permessage-deflate; client_max_window_bits; client_max_window_bits', null],
    ['permessage-deflate; client_max_window_bits=10; client_max_window_bits=10', null],
    ['permessage-deflate; server_max_window_bits', null],
    ['permessage-deflate; server_max_window_bits=7', null],
    ['permessage-deflate; server_max_window_bits=16', null],
    ['permessage-deflate; server_max_window_bits=010', null],
    ['permessage-deflate; server_max_window_bits=1e1', null],
    ['permessage-deflate; server_max_window_bits=+9', null],
    ['permessage-deflate; server_max_window_bits=9.0', null],
    ['permessage-deflate; client_max_window_bits=7', null],
    ['permessage-deflate; client_max_window_bits=16', null],
    ['permessage-deflate; client_max_window_bits=08', null],
    ['permessage-deflate; client_max_window_bits=1000', null],
  ];
  for (const [offer, answer, options] of answers) {
    it(`${offer}${options ? ` with ${JSON.stringify(options)}` : ''} → ${answer ?? 'declined'}`, () => {
      expect(answerTo(offer, options)).to.equal(answer);
    });
  }

  it('says what was agreed', () => {
    const offers = parseExtensions('permessage-deflate; server_max_window_bits=10; client_max_window_bits=9');
    expect(acceptDeflate(offers, settings('server', { serverNoContextTakeover: true }))?.agreement).to.deep.equal({
      serverNoContextTakeover: true,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 9,
    });
  });

  it('counts on the largest window of a client that cannot be asked for a smaller one', () => {
    const accepted = acceptDeflate(parseExtensions('permessage-deflate'), settings('server'));
    expect(accepted?.agreement.clientMaxWindowBits).to.equal(15);
  });
});

describe('checkDeflateAnswer', () => {
  const check = (header: string, options?: PerMessageDeflateOptions) =>
    checkDeflateAnswer(parseExtensions(header)[0]!, settings('client', options));

  it('takes what a server may answer', () => {
    expect(check('permessage-deflate')).to.deep.equal({
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
    });
    expect(
      check(
        'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; client_max_window_bits=8',
      ),
    ).to.deep.equal({
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 8,
      clientMaxWindowBits: 8,
    });
  });

  it('keeps to its own limits as well', () => {
    const agreement = check('permessage-deflate; client_max_window_bits=12', {
      clientMaxWindowBits: 10,
      clientNoContextTakeover: true,
    });
    expect(agreement).to.include({ clientMaxWindowBits: 10, clientNoContextTakeover: true });
  });

  const refused: Array<[answer: string, message: RegExp, options?: PerMessageDeflateOptions]> = [
    ['permessage-deflate; unknown', /has the parameter "unknown", which permessage-deflate does not know/],
    ['permessage-deflate; server_no_context_takeover=1', /gives server_no_context_takeover a value/],
    ['permessage-deflate; client_no_context_takeover; client_no_context_takeover', /repeats/],
    ['permessage-deflate; server_max_window_bits', /number from 8 to 15, not nothing/],
    ['permessage-deflate; server_max_window_bits=16', /number from 8 to 15, not "16"/],
    ['permessage-deflate; client_max_window_bits', /number from 8 to 15, not nothing/],
    ['permessage-deflate; client_max_window_bits=07', /number from 8 to 15, not "07"/],
    [
      'permessage-deflate; server_max_window_bits=12',
      /at 10 or less, as offered, and has 12/,
      { serverMaxWindowBits: 10 },
    ],
    ['permessage-deflate', /at 10 or less, as offered, and has none/, { serverMaxWindowBits: 10 }],
    ['permessage-deflate', /must hold server_no_context_takeover/, { serverNoContextTakeover: true }],
  ];
  for (const [answer, message, options] of refused) {
    it(`refuses ${answer}${options ? ` with ${JSON.stringify(options)}` : ''}`, () => {
      expect(() => check(answer, options))
        .to.throw(HandshakeError, message)
        .with.property('code', 'INVALID_EXTENSION');
    });
  }
});

describe('what a client offers and a server answers', () => {
  const bits = [9, 12, 15];
  it('is agreed by both in the same way, whatever their options', () => {
    for (const clientBits of bits)
      for (const serverBits of bits)
        for (const flags of [0, 1, 2, 3, 15]) {
          const clientOptions = {
            clientMaxWindowBits: clientBits,
            serverMaxWindowBits: 15 - (clientBits - 9),
            clientNoContextTakeover: (flags & 1) !== 0,
            serverNoContextTakeover: (flags & 2) !== 0,
          };
          const serverOptions = {
            serverMaxWindowBits: serverBits,
            clientMaxWindowBits: 15 - (serverBits - 9),
            clientNoContextTakeover: (flags & 4) !== 0,
            serverNoContextTakeover: (flags & 8) !== 0,
          };
          const client = settings('client', clientOptions);
          const accepted = acceptDeflate([offerDeflate(client)], settings('server', serverOptions))!;
          expect(checkDeflateAnswer(accepted.answer, client)).to.deep.equal(accepted.agreement);
        }
  });
});
