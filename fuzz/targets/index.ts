import path from 'node:path';
import type { Target } from '../target';
import { target as answer } from './answer';
import { target as chatRequests } from './chat-requests';
import { target as chatSession } from './chat-session';
import { target as closePayload } from './close-payload';
import { target as connection } from './connection';
import { target as decoder } from './decoder';
import { target as deflate } from './deflate';
import { target as deflateNegotiation } from './deflate-negotiation';
import { target as frameParser } from './frame-parser';
import { target as handshake } from './handshake';
import { target as headers } from './headers';
import { target as inflate } from './inflate';
import { target as linear } from './linear';
import { target as upgrade } from './upgrade';
import { target as utf8 } from './utf8';

/** All targets, the ground floor first. */
export const targets: readonly Target[] = [
  utf8,
  closePayload,
  headers,
  handshake,
  answer,
  frameParser,
  decoder,
  deflateNegotiation,
  inflate,
  deflate,
  linear,
  connection,
  upgrade,
  chatRequests,
  chatSession,
];

/** Where a target is: a worker loads it from there. */
export function fileOf(target: Target): string {
  return path.join(__dirname, target.name);
}
