import { expect } from 'chai';
import { WebSocketFrame } from '../../src/protocol/frame';
import { Opcode } from '../../src/protocol/opcode';

describe('WebSocketFrame', () => {
  it('is final, unmasked and without payload unless told otherwise', () => {
    const frame = new WebSocketFrame({ opcode: Opcode.Ping });
    expect(frame).to.include({ fin: true, opcode: 9, rsv: 0, masked: false });
    expect(frame.payload).to.have.length(0);
  });

  it('keeps what it is told', () => {
    const frame = new WebSocketFrame({ fin: false, opcode: Opcode.Text, payload: 'Grün', rsv: 0x40, masked: true });
    expect(frame).to.include({ fin: false, opcode: 1, rsv: 0x40, masked: true });
    expect(frame.payload.toString('hex')).to.equal('4772c3bc6e');
  });

  it('takes the bytes of a view, not its elements and not its whole buffer', () => {
    const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6]).subarray(1, 4);
    expect(new WebSocketFrame({ opcode: Opcode.Binary, payload: bytes }).payload.toString('hex')).to.equal('020304');
    const words = new Uint16Array([0x0201, 0x0403]) as unknown as Uint8Array;
    expect(new WebSocketFrame({ opcode: Opcode.Binary, payload: words }).payload).to.have.length(4);
  });

  it('describes itself for a log', () => {
    expect(String(new WebSocketFrame({ opcode: Opcode.Text, payload: 'Hello' }))).to.equal(
      'text frame, final, 5 bytes',
    );
    expect(String(new WebSocketFrame({ opcode: Opcode.Continuation, fin: false, masked: true }))).to.equal(
      'continuation frame, to be continued, 0 bytes, masked',
    );
  });
});
