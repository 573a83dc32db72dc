import { errorAnswer } from '../../src/chat/answers';
import { type ChatRequest, type MessageRequest, parseRequest, Refusal } from '../../src/chat/requests';
import type { Position } from '../../src/rooms/adapter';
import { chatRequest, chatWords } from '../grammar/chat';
import { mutate } from '../mutation';
import { ensure, ensureSame, type Target } from '../target';

const limits = { maxTextLength: 4096, maxNameLength: 64 };

/** The longest answer to a request that is refused, in UTF-16 code units: an echo of what was usable, and words. */
const longestRefusal = 2500;

/** An input is a message of a client of the chat: UTF-8, as text messages are. */
export const target: Target = {
  name: 'chat-requests',
  title: 'messages that may be requests of the chat protocol',
  share: 1,

  generate(random, corpus) {
    const input = corpus.length > 0 && random.oneIn(8) ? random.pick(corpus) : Buffer.from(chatRequest(random));
    return random.oneIn(2) ? mutate(random, input, corpus, chatWords) : input;
  },

  run(input) {
    const binary = parseRequest(input, limits);
    ensure(binary instanceof Refusal && binary.code === 'invalid-request', 'A binary message was not refused');
    const request = parseRequest(input.toString(), limits);
    if (request instanceof Refusal) checkRefusal(request);
    else checkRequest(request);
  },
};

function checkRefusal(refusal: Refusal): void {
  const answer = errorAnswer(refusal);
  ensure(answer.length <= longestRefusal, () => `The answer to what was refused has ${answer.length} characters`);
  const { type, code, message } = JSON.parse(answer);
  ensureSame(type, 'error', 'The type of the answer');
  ensure(/^[a-z-]+$/.test(code), () => `The code of an error is '${code}'`);
  ensure(message.length > 10, 'An error says nothing');
}

/** A request has the fields of its type, of the right types and within the limits, and no others. */
function checkRequest(request: ChatRequest): void {
  const { id, room } = request;
  ensure(id === undefined || (typeof id === 'string' && id.length <= 64) || Number.isFinite(id), 'The id is none');
  const needsRoom = request.type === 'join';
  ensure(room === undefined ? !needsRoom : isName(room, 256), 'The room is none');
  if (request.type === 'message') checkMessage(request);
  if (request.type === 'join') ensure(request.name === undefined || isName(request.name, 64), 'The name is none');
  if (request.type === 'join' || request.type === 'history') checkPosition(request.since);
  if (request.type !== 'history') return;
  const { since, before, limit } = request;
  checkPosition(before);
  ensure(limit === undefined || (Number.isSafeInteger(limit) && limit > 0), 'The limit is none');
  ensure(since === undefined || (before === undefined && limit === undefined), 'A history in both directions');
}

function checkMessage({ text, data, key }: MessageRequest): void {
  ensure(text === undefined ? data !== undefined : isText(text), 'The text is none');
  ensure(key === undefined || /^[A-Za-z0-9_-]{8,64}$/.test(key), 'The key is none');
  // Whoever gets it can make JSON of it, however deep in calls.
  if (data !== undefined && text === undefined) ensure(depthOf(data) <= 100, 'The data is too deep');
}

function checkPosition(position: Position | undefined): void {
  if (position === undefined) return;
  ensureSame(Object.keys(position).join(), 'epoch,offset', 'The fields of a position');
  ensure(typeof position.epoch === 'string' && position.epoch.length <= 64, 'The epoch is none');
  ensure(Number.isSafeInteger(position.offset) && position.offset >= 0, 'The offset is none');
}

function depthOf(value: unknown): number {
  let depth = 0;
  for (let level = [value]; ; depth++) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? [each] : []));
    if (level.length === 0) return depth;
    level = level.flatMap((each) => Object.values(each as object));
  }
}

function isText(text: unknown): boolean {
  return typeof text === 'string' && text.length > 0 && text.length <= limits.maxTextLength;
}

function isName(name: unknown, longest: number): boolean {
  if (typeof name !== 'string' || name.length === 0 || name.length > longest) return false;
  return Array.from(name).every((character) => {
    const code = character.codePointAt(0)!;
    const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029;
    return !isControl && !(code >= 0x202a && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069);
  });
}
