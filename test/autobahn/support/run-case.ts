import { expect } from 'chai';
import type { Role } from '../../../src/protocol/role';
import { close, frame } from '../../protocol/support/frames';
import { said } from '../../protocol/support/recorder';
import { type AutobahnCase, inFragments, type Rounds } from '../cases/autobahn-case';
import type { Message } from './frame-reader';
import type { FuzzingPeer } from './fuzzing-peer';

/** Plays one case against whoever is tested: only the outcome that the table calls OK passes. */
export async function runCase(each: AutobahnCase, tested: Role, peer: FuzzingPeer): Promise<void> {
  const { steps, answers } = each.script();
  for (const step of steps) await peer.perform(step);
  if (each.rounds !== undefined) await playRounds(each, each.rounds, peer);
  const { ends } = each;
  if (ends.closedBy === 'fuzzer') {
    await peer.until(() => peer.lines.length >= answers.length || peer.ended);
    await peer.send([close(1000)]);
  }
  await peer.until(() => peer.saidGoodbye || peer.ended);
  // 7.1.1: the server ends the TCP connection first, and whoever fails a connection ends it at once.
  if (tested === 'server' || ends.closedBy === 'endpoint') await peer.until(() => peer.ended);
  else {
    await peer.settle();
    expect(peer.ended, 'the client has not waited for the server to end the TCP connection').to.equal(false);
  }
  peer.end();
  await peer.over();

  const goodbye = peer.lines.at(-1) ?? 'nothing';
  if (ends.reason === undefined) {
    expect(peer.lines.slice(0, -1)).to.deep.equal(answers);
    expect(goodbye).to.match(new RegExp(`^close ${ends.code} `));
  } else {
    expect(peer.lines).to.deep.equal([...answers, said.close(ends.code, ends.reason)]);
  }
}

async function playRounds(each: AutobahnCase, rounds: Rounds, peer: FuzzingPeer): Promise<void> {
  const opcode = rounds.isBinary ? 2 : 1;
  for (let round = 0; round < rounds.count; round++) {
    const payload = rounds.payload(round);
    let echo: Message | undefined;
    peer.onMessage = (message) => {
      expect(echo, 'one message was sent, and two came back').to.equal(undefined);
      echo = message;
    };
    if (each.deflate === undefined) await peer.send([frame(opcode, payload)]);
    else await sendCompressed(peer, opcode, payload, each.deflate.fragmentSize);
    await peer.until(() => echo !== undefined || peer.ended);
    if (echo === undefined) throw new Error(`Round ${round} did not come back: ${peer.lines.join(', ')}`);
    expect(echo.isBinary, `kind of message in round ${round}`).to.equal(rounds.isBinary);
    expect(echo.payload.equals(payload), `round ${round} comes back as it was sent`).to.equal(true);
    if (each.deflate?.isWorthIt) expect(echo.isCompressed, `round ${round} comes back compressed`).to.equal(true);
  }
  peer.onMessage = null;
}

async function sendCompressed(peer: FuzzingPeer, opcode: number, payload: Buffer, size: number): Promise<void> {
  const deflated = await peer.deflate!.compress(payload);
  const [first, ...others] = size === 0 ? [frame(opcode, deflated)] : inFragments(opcode, deflated, size);
  await peer.send([{ ...first!, rsv: 4 }, ...others]);
}
