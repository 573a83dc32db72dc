import { encodeClosePayload, fitCloseReason, maxCloseReason, readClosePayload } from '../../src/protocol/close-payload';
import { closePayload } from '../grammar/frames';
import { utf8Bytes } from '../grammar/texts';
import { mutate } from '../mutation';
import { mayBeSent } from '../reference/decoder';
import { isWholeUtf8 } from '../reference/utf8';
import { ensure, ensureSame, resultOrRefusal, type Target } from '../target';

/** An input is the payload of a close frame. */
export const target: Target = {
  name: 'close-payload',
  title: 'payloads of close frames, and reasons that are cut to fit one',
  share: 1,

  generate(random, corpus) {
    if (corpus.length > 0 && random.oneIn(8)) return mutate(random, random.pick(corpus), corpus);
    if (random.oneIn(4)) return Buffer.concat([Buffer.of(3, 232), utf8Bytes(random, random.between(20, 130))]);
    return random.oneIn(4) ? mutate(random, closePayload(random), corpus) : closePayload(random);
  },

  run(input) {
    const { result, error } = resultOrRefusal(() => readClosePayload(input));
    ensureSame(error?.closeCode, violationByRule(input), 'The code that fails the connection');
    const reason = fitCloseReason(input.toString());
    ensure(Buffer.byteLength(reason) <= maxCloseReason, 'A reason that was cut to fit is too long');
    ensure(
      !reason.slice(0, -1).endsWith('\ufffd') || input.includes('\ufffd') || !isWholeUtf8(input),
      'A reason was cut in a character',
    );
    if (result === undefined || input.length === 0 || input.length > 125) return;
    ensure(encodeClosePayload(result.code, result.reason).equals(input), 'Written again it has other bytes');
  },
};

function violationByRule(payload: Buffer): number | undefined {
  if (payload.length === 0) return undefined;
  if (payload.length === 1 || !mayBeSent(payload.readUInt16BE())) return 1002;
  return isWholeUtf8(payload.subarray(2)) ? undefined : 1007;
}
