import { constants } from 'node:buffer';
import { MessageTooBigError } from './errors';

export interface DecoderLimits {
  /** Bytes of a message's payload, also after an extension decoded it. */
  maxMessageSize: number;
  /** Frames of one message, empty ones included. */
  maxFragments: number;
  /** Bytes that all messages of the process together may take while they are collected. Default: any number. */
  maxIncompleteBytes?: number;
}

/** The bytes of the longest text that a string can hold, whatever an option allows. */
export const longestText = constants.MAX_STRING_LENGTH;

/** What is added to a fragment that is flushed to a byte of its own, at most, in bytes. */
const flushSize = 8;

/**
 * What an encoded payload may have: what cannot be made smaller becomes a little larger, by how it is cut into blocks, and
 * by each of its fragments.
 */
export function encodedLimit(limit: number, fragments: number): number {
  return limit + (limit >>> 3) + 1024 + flushSize * fragments;
}

/**
 * A message that is larger than it may be.
 *
 * @param option what set the limit, as the message says it
 */
export function tooBig(size: number, limit: number, option: string): MessageTooBigError {
  return new MessageTooBigError(`A message of at least ${size} bytes is larger than ${option} (${limit} bytes)`, {
    code: 'MESSAGE_TOO_BIG',
  });
}

/** A message of more frames than it may come in. */
export function tooManyFragments(maxFragments: number): MessageTooBigError {
  return new MessageTooBigError(`A message has more fragments than maxFragments (${maxFragments})`, {
    code: 'TOO_MANY_FRAGMENTS',
  });
}
