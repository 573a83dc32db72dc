import type { MessageExtension } from '../../../src/protocol/extension';
import type { DecoderLimits } from '../../../src/protocol/message-limits';
import type { Role } from '../../../src/protocol/role';
import type { FrameSpec } from '../support/frames';

/** One row of the table: what comes, and what the decoder must say about it, in this order and no more. */
export interface ProtocolCase {
  says: string;
  receives: readonly FrameSpec[];
  hands: readonly string[] | ((role: Role) => readonly string[]);
  /** Where they are not the defaults of a connection. */
  limits?: Partial<DecoderLimits>;
  /** What was agreed on; a new one for each connection. Default: nothing. */
  extension?: (role: Role) => MessageExtension;
}

export interface Chapter {
  title: string;
  cases: readonly ProtocolCase[];
}
