import type { BenchOptions } from './options';

/** What is sent, or comes back: text as string, binary as Buffer. */
export type Message = string | Buffer;

/** Enough to tell a late answer from a wrong one. */
const mostDifferent = 1024;

/** Bytes that all different messages may take together. */
const memory = 16 * 1024 * 1024;

const digits = 36;

/**
 * The messages that are sent, made once. Each begins with its number, so that an answer says which message it answers, also
 * where answers come in another order. After the last comes the first again.
 */
export class Messages {
  private readonly all: readonly Message[];

  constructor({ message, size, binary }: Pick<BenchOptions, 'message' | 'size' | 'binary'>) {
    const texts = message === undefined ? numbered(size) : [Buffer.from(message)];
    this.all = binary ? texts : texts.map((text) => text.toString());
  }

  /** How many are different. */
  get count(): number {
    return this.all.length;
  }

  at(sequence: number): Message {
    return this.all[sequence % this.all.length]!;
  }

  /** Whether `data` is, byte for byte and by its type, the message of that place. */
  isAt(sequence: number, data: Message): boolean {
    const expected = this.at(sequence);
    return typeof expected === 'string' ? data === expected : typeof data !== 'string' && expected.equals(data);
  }

  /** Which of the messages it is, or undefined where it is none. */
  numberOf(data: Message): number | undefined {
    const head = typeof data === 'string' ? data.slice(0, 2) : data.toString('latin1', 0, 2);
    const number = this.count === 1 ? 0 : Number.parseInt(head, digits);
    return number < this.count && this.isAt(number, data) ? number : undefined;
  }
}

function numbered(size: number): Buffer[] {
  const width = Math.min(2, size);
  const count = Math.min(mostDifferent, digits ** width, Math.max(2, Math.floor(memory / size)));
  return Array.from({ length: count }, (_, number) => {
    const text = Buffer.alloc(size, 'abcdefghijklmnopqrstuvwxyz');
    text.write(number.toString(digits).padStart(width, '0'));
    return text;
  });
}
