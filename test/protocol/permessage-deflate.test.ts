import { expect } from 'chai';
import fc from 'fast-check';
import type { DeflateAgreement } from '../../src/protocol/deflate-negotiation';
import { type PerMessageDeflateOptions, resolveDeflate } from '../../src/protocol/deflate-options';
import { PerMessageDeflate } from '../../src/protocol/permessage-deflate';
import type { Role } from '../../src/protocol/role';

const agreed: DeflateAgreement = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

function end(role: Role, agreement: Partial<DeflateAgreement> = {}, options: PerMessageDeflateOptions = {}) {
  const settings = resolveDeflate('test()', role, { threshold: 0, ...options })!;
  return new PerMessageDeflate(role, settings, { ...agreed, ...agreement }, 'permessage-deflate');
}

const limit = 1024 * 1024;
const json = (i: number) => JSON.stringify({ id: i, kind: 'message', room: 'general', text: `This is number ${i}` });

describe('PerMessageDeflate', () => {
  describe('context takeover', () => {
    for (const [from, to] of [
      ['server', 'client'],
      ['client', 'server'],
    ] as const) {
      it(`from ${from} to ${to}: later messages are shorter`, () => {
        const sender = end(from);
        const receiver = end(to);
        const first = sender.encode(json(1), true, true)!;
        const second = sender.encode(json(2), true, true)!;
        expect(second.length).to.be.below(first.length / 2);
        expect(receiver.decode(first, limit).toString()).to.equal(json(1));
        expect(receiver.decode(second, limit).toString()).to.equal(json(2));
      });

      it(`from ${from} to ${to}: none where it was agreed away`, () => {
        const none = { [`${from}NoContextTakeover`]: true };
        const sender = end(from, none);
        const first = sender.encode(json(1), true, true)!;
        expect(sender.encode(json(1), true, true)!.equals(first)).to.equal(true);
        const receiver = end(to, none);
        for (let i = 0; i < 3; i++) expect(receiver.decode(first, limit).toString()).to.equal(json(1));
      });
    }

    it('goes on past a message that was sent as it is', () => {
      const sender = end('server');
      const receiver = end('client');
      for (const text of [json(1), 'xyz', json(2), json(3)]) {
        const encoded = sender.encode(text, true, text !== json(2));
        if (text === 'xyz' || text === json(2)) expect(encoded).to.equal(null);
        else expect(receiver.decode(encoded!, limit).toString()).to.equal(text);
      }
    });
  });

  describe('what is sent as it is', () => {
    it('messages below the threshold, in bytes', () => {
      const sender = end('server', {}, { threshold: 10 });
      expect(sender.encode('a'.repeat(9), true, true)).to.equal(null);
      expect(sender.encode('a'.repeat(10), true, true)).to.not.equal(null);
      expect(sender.encode('€€€', true, true)).to.equal(null);
      expect(sender.encode('€€€€', true, true)).to.not.equal(null);
      expect(sender.encode(Buffer.alloc(9), true, true)).to.equal(null);
      expect(sender.encode(Buffer.alloc(10), true, true)).to.not.equal(null);
    });

    it('empty messages, and what does not become smaller', () => {
      expect(end('server').encode('', true, true)).to.equal(null);
      expect(end('server').encode('xyz', true, true)).to.equal(null);
    });

    it('what the application does not want compressed', () => {
      expect(end('server').encode(json(1), true, false)).to.equal(null);
    });

    it('everything, where the peer has a window that zlib cannot deflate for', () => {
      const sender = end('server', { serverMaxWindowBits: 8 });
      expect(sender.encode(json(1), true, true)).to.equal(null);
      expect(sender.shared).to.equal(null);
      expect(end('client', { clientMaxWindowBits: 8 }).encode(json(1), true, true)).to.equal(null);
    });
  });

  describe('fragments', () => {
    it('are one compressed message together, decided by the first', () => {
      const sender = end('server', {}, { threshold: 10 });
      const receiver = end('client');
      const pieces = ['a first piece ', '', 'b', 'a last piece'];
      const encoded = pieces.map((piece, i) => sender.encode(piece, i === pieces.length - 1, true)!);
      expect(receiver.decode(Buffer.concat(encoded), limit).toString()).to.equal(pieces.join(''));
      expect(receiver.decode(sender.encode(json(1), true, true)!, limit).toString()).to.equal(json(1));

      const plain = ['short', 'and then one that is longer', ''].map((piece, i) => sender.encode(piece, i === 2, true));
      expect(plain).to.deep.equal([null, null, null]);
    });

    it('may end with an empty one', () => {
      const sender = end('server');
      const encoded = [sender.encode('something', false, true)!, sender.encode('', true, true)!];
      expect(end('client').decode(Buffer.concat(encoded), limit).toString()).to.equal('something');
    });

    it('let nothing shared come between them', () => {
      const sender = end('server');
      expect(sender.shared).to.not.equal(null);
      sender.encode('a piece', false, true);
      expect(sender.shared).to.equal(null);
      sender.encode('the last', true, true);
      expect(sender.shared).to.not.equal(null);
    });
  });

  describe('what is shared with others', () => {
    it('is one encoding for all with the same window, and another for the others', () => {
      const settings = resolveDeflate('test()', 'server', true)!;
      const member = (bits: number) =>
        new PerMessageDeflate('server', settings, { ...agreed, serverMaxWindowBits: bits }, '');
      expect(member(15).shared).to.equal(member(15).shared);
      expect(member(15).shared).to.not.equal(member(9).shared);
    });

    for (const serverNoContextTakeover of [false, true]) {
      it(`takes turns with a member's own messages ${serverNoContextTakeover ? 'without' : 'with'} context takeover`, () => {
        const member = end('server', { serverNoContextTakeover });
        const receiver = end('client', { serverNoContextTakeover });
        for (let i = 0; i < 20; i++) {
          const own = member.encode(json(2 * i), true, true)!;
          expect(receiver.decode(own, limit).toString()).to.equal(json(2 * i));
          const message = member.shared!.encode(json(2 * i + 1))!;
          member.sentShared(message);
          expect(receiver.decode(message.payload, limit).toString()).to.equal(json(2 * i + 1));
        }
      });
    }

    it('is what the next message of its own refers to', () => {
      const member = end('server');
      member.sentShared(member.shared!.encode(json(1))!);
      expect(member.encode(json(2), true, true)!.length).to.be.below(json(2).length / 2);
    });
  });

  it('keeps a bounded part of what was said, whatever was agreed', () => {
    const sender = end('server');
    const receiver = end('client');
    const kept = (each: PerMessageDeflate) => {
      const { sent, received } = each as unknown as Record<string, { content: Buffer } | null>;
      return (sent ?? received)!.content.buffer.byteLength;
    };
    const say = (message: Buffer) =>
      expect(receiver.decode(sender.encode(message, true, true)!, limit).equals(message)).to.equal(true);
    for (let i = 0; i < 50; i++) say(Buffer.from(json(i)));
    expect(kept(sender)).to.be.at.most(6 * 1024);
    for (let i = 0; i < 50; i++) say(Buffer.alloc(20_000, json(i)));
    expect(kept(sender)).to.be.at.most(48 * 1024);
    expect(kept(receiver)).to.be.at.most(48 * 1024);
    for (let i = 0; i < 100; i++) say(Buffer.from(json(i)));
    expect(kept(sender)).to.be.at.most(8 * 1024);
  });

  it('brings every sequence of messages over, whatever was agreed', () => {
    const bits = fc.integer({ min: 9, max: 15 });
    const piece = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 3000 }),
      fc.integer({ max: 400, min: 0 }).map((n) => json(n).repeat(1 + (n % 40))),
    );
    const step = fc.record({ pieces: fc.array(piece, { minLength: 1, maxLength: 4 }), shared: fc.boolean() });
    fc.assert(
      fc.property(
        fc.record({
          serverNoContextTakeover: fc.boolean(),
          clientNoContextTakeover: fc.boolean(),
          serverMaxWindowBits: bits,
          clientMaxWindowBits: bits,
        }),
        fc.constantFrom<Role>('server', 'client'),
        fc.integer({ min: 1, max: 9 }),
        fc.array(step, { maxLength: 12 }),
        (agreement, from, level, steps) => {
          const sender = end(from, agreement, { level });
          const receiver = end(from === 'server' ? 'client' : 'server', agreement);
          for (const { pieces, shared } of steps) {
            if (shared) {
              const text = String(pieces[0]);
              const message = sender.shared!.encode(text);
              if (message === null) continue;
              sender.sentShared(message);
              expect(receiver.decode(message.payload, limit).toString()).to.equal(Buffer.from(text).toString());
              continue;
            }
            const encoded = pieces.map((each, i) => sender.encode(each, i === pieces.length - 1, true));
            if (encoded[0] === null) continue;
            const whole = Buffer.concat(pieces.map((each) => Buffer.from(each as string)));
            expect(receiver.decode(Buffer.concat(encoded as Buffer[]), limit).equals(whole)).to.equal(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
