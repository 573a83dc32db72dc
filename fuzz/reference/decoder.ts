import { canBecomeUtf8, isWholeUtf8 } from './utf8';

/** What a decoder says of the bytes it was given, one line for each thing; a violation ends the list. */
export type Heard = string[];

export interface ReferenceLimits {
  maxMessageSize: number;
  maxFragments: number;
}

/** An extension of messages, as a decoder that is written for clarity sees it. */
export interface ReferenceExtension {
  /** The one RSV bit that it gives a meaning: 0x40, 0x20 or 0x10. */
  bit: number;
  /** What an encoded payload may have, in bytes. */
  sizeLimit: number;
  /** The payload decoded, or the close code that a payload deserves which cannot be. */
  decode(payload: Buffer): Buffer | number;
}

export const heard = {
  text: (payload: Buffer) => `text ${payload.toString()}`,
  binary: (payload: Buffer) => `binary ${payload.toString('latin1')}`,
  ping: (payload: Buffer) => `ping ${payload.toString('latin1')}`,
  pong: (payload: Buffer) => `pong ${payload.toString('latin1')}`,
  close: (code: number, reason: string) => `close ${code} ${reason}`,
  violation: (code: number) => `violation ${code}`,
};

/**
 * RFC 6455, sections 5 to 8, for all the bytes at once, by the letter and without a thought of speed: the oracle for
 * the decoder. A violation counts from the first byte that shows it.
 */
export function decodeByTheLetter(
  wire: Buffer,
  role: 'server' | 'client',
  limits: ReferenceLimits,
  extension?: ReferenceExtension,
): Heard {
  const said: Heard = [];
  const fail = (code: number): Heard => [...said, heard.violation(code)];
  /** The message that has begun and not ended. */
  let message: { opcode: number; marked: boolean; parts: Buffer[]; size: number } | null = null;

  for (let at = 0; at < wire.length; ) {
    // 5.2, the first byte.
    const fin = (wire[at]! & 0x80) !== 0;
    const reserved = wire[at]! & 0x70;
    const opcode = wire[at]! & 0x0f;
    const isControl = opcode >= 8;
    const allowed = extension === undefined || isControl ? 0 : extension.bit;
    if ((reserved & ~allowed) !== 0) return fail(1002);
    if (![0, 1, 2, 8, 9, 10].includes(opcode)) return fail(1002);
    if (isControl && !fin) return fail(1002);
    // The second byte.
    if (at + 1 >= wire.length) return said;
    const masked = (wire[at + 1]! & 0x80) !== 0;
    const short = wire[at + 1]! & 0x7f;
    if (masked !== (role === 'server')) return fail(1002);
    if (isControl && short > 125) return fail(1002);
    // The length, in its least number of bytes.
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    if (lengthBytes === 8 && at + 2 < wire.length && wire[at + 2]! >= 0x80) return fail(1002);
    if (at + 2 + lengthBytes > wire.length) return said;
    let length = BigInt(short);
    if (lengthBytes === 2) length = BigInt(wire.readUInt16BE(at + 2));
    if (lengthBytes === 8) length = wire.readBigUInt64BE(at + 2);
    if (lengthBytes === 2 && length < 126n) return fail(1002);
    if (lengthBytes === 8 && length < 65536n) return fail(1002);
    const payloadAt = at + 2 + lengthBytes + (masked ? 4 : 0);
    if (payloadAt > wire.length) return said;
    // What came of the payload, unmasked.
    const isWhole = BigInt(wire.length - payloadAt) >= length;
    const end = isWhole ? payloadAt + Number(length) : wire.length;
    const payload = Buffer.from(wire.subarray(payloadAt, end));
    if (masked)
      payload.forEach((byte, i) => {
        payload[i] = byte ^ wire[payloadAt - 4 + (i % 4)]!;
      });

    if (isControl) {
      if (!isWhole) return said;
      at = end;
      if (opcode === 9) said.push(heard.ping(payload));
      else if (opcode === 10) said.push(heard.pong(payload));
      else {
        // 5.5.1 and 7.4.
        if (payload.length === 0) return [...said, heard.close(1005, '')];
        if (payload.length === 1) return fail(1002);
        const code = payload.readUInt16BE(0);
        if (!mayBeSent(code)) return fail(1002);
        if (!isWholeUtf8(payload.subarray(2))) return fail(1007);
        return [...said, heard.close(code, payload.toString('utf8', 2))];
      }
      continue;
    }

    // 5.4.
    if (opcode === 0) {
      if (message === null || reserved !== 0) return fail(1002);
    } else {
      if (message !== null) return fail(1002);
      message = { opcode, marked: reserved !== 0, parts: [], size: 0 };
    }
    const limit = message.marked && extension !== undefined ? extension.sizeLimit : limits.maxMessageSize;
    if (BigInt(message.size) + length > BigInt(limit)) return fail(1009);
    if (message.parts.length + 1 > limits.maxFragments) return fail(1009);
    message.parts.push(payload);
    message.size += payload.length;
    const whole = Buffer.concat(message.parts);
    // 8.1.
    if (message.opcode === 1 && !message.marked && !canBecomeUtf8(whole)) return fail(1007);
    if (!isWhole) return said;
    at = end;
    if (!fin) continue;
    let data: Buffer | number = whole;
    if (message.marked && extension !== undefined) data = extension.decode(whole);
    if (typeof data === 'number') return fail(data);
    if (message.opcode === 1 && !isWholeUtf8(data)) return fail(1007);
    said.push(message.opcode === 1 ? heard.text(data) : heard.binary(data));
    message = null;
  }
  return said;
}

/** 7.4.1 and 7.4.2, with the codes that IANA has added: 1012 to 1014. */
export function mayBeSent(code: number): boolean {
  const defined = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
  return defined.includes(code) || (code >= 3000 && code <= 4999);
}
