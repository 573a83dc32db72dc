import { getActiveResourcesInfo } from 'node:process';
import { encodeFrame, frameSequence } from '../grammar/frames';
import { mutate } from '../mutation';
import type { Random } from '../random';
import { Scene } from '../scene';
import { Script } from '../script';
import { ensureSame, type Target } from '../target';

/** Steps in which the peer says more than an inbox holds. */
function flood(random: Random, masked: boolean): Buffer[] {
  const payload = Buffer.alloc(random.between(500, 4000));
  const inFragments = random.oneIn(2);
  const frameOf = (opcode: number) => encodeFrame(random, { opcode, fin: !inFragments, reserved: 0, masked, payload });
  const frame = frameOf(inFragments ? 0 : 2);
  const frames: Buffer[] = new Array(Math.floor(60_000 / frame.length)).fill(frame);
  const stepOf = (bytes: Buffer) => [Buffer.of(20, bytes.length >> 8, bytes.length & 255), bytes, Buffer.of(0)];
  const first = stepOf(Buffer.concat([frameOf(2), ...frames.slice(1)]));
  const others = Array.from({ length: random.below(4) }, () => stepOf(Buffer.concat(frames)));
  const beginning = random.oneIn(2) ? [Buffer.of(21, 7, 1)] : [];
  return [...beginning, ...first, ...others.flat()];
}

/** A script in which the peer mostly sends frames that go on where the last ones ended. */
function makeScript(random: Random): Buffer {
  const choices = random.below(32);
  const reserved = (choices & 16) === 0 ? 0 : 0x40;
  const wire = Buffer.concat(
    Array.from({ length: 1 + random.below(3) }, () =>
      frameSequence(random, (choices & 1) === 0 ? 'server' : 'client', reserved),
    ),
  ).subarray(0, 4000);
  const parts: Buffer[] = [Buffer.of(choices)];
  if (random.oneIn(40)) parts.push(...flood(random, (choices & 1) === 0));
  for (let at = 0; at < wire.length; ) {
    if (random.oneIn(2)) parts.push(Buffer.of(random.between(1, 21), random.next(), random.next(), random.next()));
    const size = 1 + random.below(random.oneIn(2) ? 20 : 255);
    parts.push(Buffer.of(0, Math.min(size, wire.length - at)), wire.subarray(at, at + size), Buffer.of(random.next()));
    at += size;
  }
  parts.push(random.bytes(random.below(8)));
  return Buffer.concat(parts);
}

export const target: Target = {
  name: 'connection',
  title: 'a whole connection: a hostile peer, and an application that sends, closes, pauses and iterates',
  share: 0.1,

  generate(random, corpus) {
    const input = corpus.length > 0 && random.oneIn(8) ? random.pick(corpus) : makeScript(random);
    return random.oneIn(3) ? mutate(random, input, corpus) : input;
  },

  async run(input) {
    const timers = countTimers();
    await new Scene(new Script(input)).play();
    ensureSame(countTimers(), timers, 'How many timers are left');
  },
};

function countTimers(): number {
  return getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
