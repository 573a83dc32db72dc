import type { Role } from '../../../src/protocol/role';

/**
 * Frames written by the letter of RFC 6455, section 5.2, one byte after the other and without any code of `src`, so that
 * a mistake there cannot hide behind the same mistake here. They can also break every rule.
 */
export interface FrameSpec {
  opcode: number;
  /** Default true. */
  fin?: boolean;
  /** 4, 2 and 1 are RSV1, RSV2 and RSV3. */
  rsv?: number;
  payload?: Uint8Array;
  /** The length that the header claims, where it is not the payload's: the frame is cut short. */
  claims?: number | bigint;
  /** How many bytes the length takes, where it is not the least. */
  lengthBytes?: 0 | 2 | 8;
  /** True: masked where it must not be, unmasked where it must. */
  wronglyMasked?: boolean;
  key?: readonly [number, number, number, number];
  /** Only the first so many bytes of the frame. */
  cutTo?: number;
}

type Details = Omit<FrameSpec, 'opcode' | 'payload'>;

export const text = (payload: string | Uint8Array, details: Details = {}) => frame(1, payload, details);
export const binary = (payload: string | Uint8Array, details: Details = {}) => frame(2, payload, details);
export const continuation = (payload: string | Uint8Array, details: Details = {}) => frame(0, payload, details);
export const ping = (payload: string | Uint8Array = '', details: Details = {}) => frame(9, payload, details);
export const pong = (payload: string | Uint8Array = '', details: Details = {}) => frame(10, payload, details);

export function frame(opcode: number, payload: string | Uint8Array = '', details: Details = {}): FrameSpec {
  return { opcode, payload: typeof payload === 'string' ? Buffer.from(payload) : payload, ...details };
}

/** A close frame: with a code and a reason, or with whatever bytes. */
export function close(code?: number | Uint8Array, reason: string | Uint8Array = '', details: Details = {}): FrameSpec {
  if (typeof code !== 'number') return frame(8, code ?? '', details);
  const bytes = typeof reason === 'string' ? Buffer.from(reason) : reason;
  return frame(8, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), bytes]), details);
}

/** One message in as many frames as there are parts. */
export function fragments(opcode: number, ...parts: Array<string | Uint8Array>): FrameSpec[] {
  return parts.map((part, index) => frame(index === 0 ? opcode : 0, part, { fin: index === parts.length - 1 }));
}

export function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(' ', ''), 'hex');
}

const usualKey = [0x37, 0xfa, 0x21, 0x3d] as const;

/** The frame's bytes as the other end of `receiver` has to send them. */
export function encode(spec: FrameSpec, receiver: Role): Buffer {
  const { opcode, fin = true, rsv = 0, payload = Buffer.alloc(0), key = usualKey } = spec;
  const masked = (receiver === 'server') !== (spec.wronglyMasked ?? false);
  const length = BigInt(spec.claims ?? payload.length);
  const lengthBytes = spec.lengthBytes ?? (length < 126n ? 0 : length < 65536n ? 2 : 8);
  const bytes = [(fin ? 0x80 : 0) + rsv * 0x10 + opcode];
  const short = lengthBytes === 0 ? Number(length) : lengthBytes === 2 ? 126 : 127;
  bytes.push((masked ? 0x80 : 0) + short);
  for (let i = lengthBytes - 1; i >= 0; i--) bytes.push(Number((length >> BigInt(8 * i)) & 0xffn));
  if (masked) bytes.push(...key);
  const header = Buffer.from(bytes);
  const whole = Buffer.concat([header, masked ? maskedByTheByte(payload, key) : payload]);
  return spec.cutTo === undefined ? whole : whole.subarray(0, spec.cutTo);
}

export function encodeAll(specs: readonly FrameSpec[], receiver: Role): Buffer {
  return Buffer.concat(specs.map((spec) => encode(spec, receiver)));
}

/** Section 5.3, literally: octet i of the transformed data is octet i of the original XOR octet i modulo 4 of the key. */
export function maskedByTheByte(payload: Uint8Array, key: ArrayLike<number>, phase = 0): Buffer {
  return Buffer.from(payload.map((byte, i) => byte ^ key[(i + phase) % 4]!));
}
