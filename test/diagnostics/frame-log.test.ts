import { expect } from 'chai';
import { FrameLog } from '../../src/diagnostics/frame-log';
import { Opcode } from '../../src/protocol/opcode';
import { closePayload, frameBytes } from '../support/raw-peer';

/** The lines for what passes, whole and byte by byte, which must be the same. */
function linesOf(...frames: Buffer[]): string[] {
  const bytes = Buffer.concat(frames);
  const before = Buffer.from(bytes);
  const [whole, pieces]: [string[], string[]] = [[], []];
  new FrameLog('>', (line) => whole.push(line)).pass(bytes);
  const bytewise = new FrameLog('>', (line) => pieces.push(line));
  for (let at = 0; at < bytes.length; at++) bytewise.pass(bytes.subarray(at, at + 1));
  expect(pieces).to.deep.equal(whole);
  expect(bytes.equals(before)).to.equal(true);
  return whole;
}

const { Text, Binary, Continuation, Ping, Pong, Close } = Opcode;

describe('FrameLog', () => {
  it('shows opcode, flags, length and payload of each frame', () => {
    expect(
      linesOf(
        frameBytes(Text, 'hello', { masked: true }),
        frameBytes(Text),
        frameBytes(Binary, Buffer.from([0, 255])),
        frameBytes(Ping, 'p'),
        frameBytes(Pong, Buffer.from([0xff])),
        frameBytes(Close),
        frameBytes(Close, closePayload(1000, 'so long')),
        frameBytes(Close, closePayload(1005)),
      ),
    ).to.deep.equal([
      '> text fin masked 5 bytes "hello"',
      '> text fin 0 bytes',
      '> binary fin 2 bytes 00ff',
      '> ping fin 1 byte "p"',
      '> pong fin 1 byte ff',
      '> close fin 0 bytes',
      '> close fin 9 bytes 1000 "so long"',
      '> close fin 2 bytes 03ed',
    ]);
  });

  it('shows fragments as what their message is, also around a control frame', () => {
    expect(
      linesOf(
        frameBytes(Text, 'gr', { fin: false }),
        frameBytes(Ping),
        frameBytes(Continuation, 'ün'),
        frameBytes(Binary, 'a', { fin: false }),
        frameBytes(Continuation, 'b'),
      ),
    ).to.deep.equal([
      '> text 2 bytes "gr"',
      '> ping fin 0 bytes',
      '> continuation fin 3 bytes "ün"',
      '> binary 1 byte 61',
      '> continuation fin 1 byte 62',
    ]);
  });

  it('shows compressed messages as bytes', () => {
    expect(linesOf(Buffer.from('4103f24800800102c101cd', 'hex'))).to.deep.equal([
      '> text rsv1 3 bytes f24800',
      '> continuation fin 1 byte 02',
      '> text fin rsv1 1 byte cd',
    ]);
  });

  it('shows the beginning of a long payload, cut between two characters', () => {
    const [text, binary] = linesOf(frameBytes(Text, 'ü€'.repeat(40)), frameBytes(Binary, Buffer.alloc(70_000)));
    expect(text).to.equal(`> text fin 200 bytes "${'ü€'.repeat(12)}ü" …`);
    expect(binary).to.equal(`> binary fin 70000 bytes ${'00'.repeat(64)} …`);
  });

  it('lets no terminal obey what it shows', () => {
    const hostile = '\u001b[2J\u0007\u009b\u202e\ufeff\u2028"\\';
    const [line] = linesOf(frameBytes(Text, hostile));
    expect(line).to.equal('> text fin 18 bytes "\\u001b[2J\\u0007\\u009b\\u202e\\ufeff\\u2028\\"\\\\"');
    expect(linesOf(frameBytes(Close, closePayload(1000, hostile)))[0]).to.match(/^[ -~]+$/);
  });

  it('ends at bytes that are no frame', () => {
    expect(linesOf(frameBytes(Text, 'x'), Buffer.from('8300', 'hex'), frameBytes(Text, 'y'))).to.deep.equal([
      '> text fin 1 byte "x"',
      '> no frame: A frame has the opcode reserved (0x3)',
    ]);
  });
});
