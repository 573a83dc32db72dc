import type { IncomingMessage } from 'node:http';
import { Chat } from '../../src/chat/chat';
import { splitChatOptions } from '../../src/chat/options';
import { resolveConnectionOptions } from '../../src/connection/options';
import { WebSocketConnection } from '../../src/connection/websocket-connection';
import { MemoryBroker, memoryAdapter } from '../../src/rooms/memory-adapter';
import { FuzzTransport } from '../fuzz-transport';
import { chatRequest, chatWords } from '../grammar/chat';
import { encodeFrame } from '../grammar/frames';
import { mutate } from '../mutation';
import { Random } from '../random';
import { decodeByTheLetter } from '../reference/decoder';
import { isWholeUtf8 } from '../reference/utf8';
import { Script } from '../script';
import { ensure, ensureSame, ensureSameList, type Target } from '../target';

/*
 * An input is a byte that chooses the hooks and the schema, and a script of steps: members come to one of two nodes, ask for
 * something, and go.
 */
const limits = { maxRoomsPerMember: 2, maxTextLength: 100, maxNameLength: 20, maxMembersListed: 3, history: 5 };
const connectionOptions = resolveConnectionOptions('fuzz', { pingInterval: false, closeTimeout: 100_000 });
const unmasked = new Random(1);

/** The longest answer, in characters: five messages of a history with a room's name, escaped at worst. */
const longestAnswer = 20_000;

const answersToRequests = ['joined', 'left', 'sent', 'history', 'error'];

interface Answer {
  readonly type: string;
  readonly room: string;
  readonly offset: number;
  readonly position: { readonly offset: number };
  readonly missed: ReadonlyArray<{ readonly offset: number }>;
}

/** Somebody in the chat, as the wire shows them. */
class Guest {
  readonly transport = new FuzzTransport(16 * 1024);
  readonly connection: WebSocketConnection;
  asked = 0;
  /** Sent what closes the connection, or was cut. */
  isGone = false;

  constructor(
    readonly chat: Chat,
    room: string | undefined,
    onError: (error: unknown) => void,
  ) {
    this.connection = new WebSocketConnection(this.transport, { role: 'server', options: connectionOptions, onError });
    chat.open(this.connection, {} as IncomingMessage, room === undefined ? undefined : { room, name: undefined });
    this.connection.openGate();
    if (room !== undefined) this.asked++;
  }

  ask(text: Buffer): void {
    if (this.isGone) return;
    this.asked++;
    if (!isWholeUtf8(text)) this.isGone = true;
    const frame = { opcode: 1, fin: true, reserved: 0, masked: true, payload: text };
    this.transport.push(encodeFrame(unmasked, frame));
  }

  /** What was said to this guest, and which rooms it must believe to be in. */
  read(): { answers: number; rooms: string[] } {
    /** And how far each of them has come, as it must believe. */
    const rooms = new Map<string, number>();
    let answers = 0;
    const written = Buffer.concat(this.transport.written);
    for (const line of decodeByTheLetter(written, 'client', { maxMessageSize: 2 ** 20, maxFragments: 1 })) {
      if (line.startsWith('close ')) break;
      ensure(line.startsWith('text '), () => `The chat says what is no text: ${line.slice(0, 100)}`);
      ensure(line.length <= longestAnswer, () => `An answer has ${line.length} characters`);
      const answer = JSON.parse(line.slice('text '.length)) as Answer;
      const { type, room } = answer;
      if (answersToRequests.includes(type)) answers++;
      else ensure(['message', 'presence'].includes(type), () => `The chat says '${type}'`);
      if (type === 'left') rooms.delete(room);
      if (type === 'joined') {
        const { missed, position } = answer;
        for (const { offset } of missed) ensure(offset <= position.offset, 'What was missed is not over yet');
        rooms.set(room, position.offset);
      }
      if (type === 'message') {
        ensure(answer.offset > (rooms.get(room) ?? Number.POSITIVE_INFINITY), 'A message comes twice, or too late');
        rooms.set(room, answer.offset);
      }
    }
    return { answers, rooms: [...rooms.keys()] };
  }
}

/** The hooks that a byte chooses; what they throw, and answer that is no boolean, is the application's mistake. */
function hooksOf(choice: number): object {
  let asked = 0;
  const answers: ReadonlyArray<() => unknown> = [
    () => true,
    () => asked++ % 3 !== 0,
    () => new Promise((resolve) => setImmediate(() => resolve(asked++ % 4 !== 0))),
    () => {
      if (asked++ % 3 === 0) throw new Error('a hook');
      return asked % 5 === 0 ? 'yes' : true;
    },
    () => (asked++ % 3 === 0 ? Promise.reject(new Error('a hook')) : Promise.resolve(true)),
  ];
  const authorizeJoin = answers[choice % 6];
  const authorizePublish = answers[Math.floor(choice / 6) % 6];
  const schema = schemas[Math.floor(choice / 36) % 4];
  return {
    ...(authorizeJoin && { authorizeJoin }),
    ...(authorizePublish && { authorizePublish }),
    ...(schema && { schema: { '~standard': { version: 1, vendor: 'fuzz', validate: schema } } }),
  };
}

/** Validators: one that takes everything, one that takes its time, and one that fails. */
const schemas: ReadonlyArray<((value: unknown) => unknown) | undefined> = [
  undefined,
  (value) => ({ value }),
  (value) =>
    new Promise((resolve) => {
      setImmediate(() => resolve(value === null ? { issues: [{ message: 'null', path: ['a'] }] } : { value }));
    }),
  (value) => {
    if (typeof value === 'object') throw new Error('a hook');
    return typeof value === 'number' ? { value: BigInt(1) } : { value };
  },
];

export const target: Target = {
  name: 'chat-session',
  title: 'rooms in which members come, ask for anything, and go',
  share: 0.05,

  generate(random, corpus) {
    if (corpus.length > 0 && random.oneIn(4)) return mutate(random, random.pick(corpus), corpus, chatWords);
    const parts: Buffer[] = [Buffer.of(random.below(144))];
    for (let steps = 2 + random.below(14); steps > 0; steps--) {
      if (random.oneIn(3)) {
        parts.push(Buffer.of(random.below(4), random.below(4), random.below(4)));
        continue;
      }
      const request = Buffer.from(chatRequest(random)).subarray(0, 255);
      parts.push(Buffer.of(4, random.below(4), request.length), request);
    }
    const input = Buffer.concat(parts);
    return random.oneIn(3) ? mutate(random, input, corpus, chatWords) : input;
  },

  async run(input) {
    const script = new Script(input);
    const hooks = hooksOf(script.byte());
    const broker = new MemoryBroker();
    const mistakes: unknown[] = [];
    const chats = [0, 1].map(() => {
      const options = { ...limits, ...hooks, adapter: memoryAdapter({ broker }) };
      const chat = new Chat(splitChatOptions('fuzz', options, 'fuzz').chat);
      chat.on('error', (error) => mistakes.push(error));
      chat.on('leave', (_socket, room, { id }) => ensure(!idsOf(chat, room).includes(id), 'Who left is still there'));
      return chat;
    });
    const guests: Guest[] = [];
    const blamed: unknown[] = [];
    const come = (room: string | undefined) =>
      guests.push(new Guest(chats[guests.length % 2]!, room, (error) => blamed.push(error)));
    come(undefined);
    for (let steps = 0; steps < 40 && !script.isOver; steps++) {
      const action = script.below(5);
      const guest = guests[script.below(guests.length)]!;
      if (action === 0 && guests.length < 5) come(script.pick([undefined, 'a', 'b']));
      else if (action === 1) await turn();
      else if (action === 2) depart(guest, script);
      else guest.ask(script.take(script.byte()));
      for (const chat of chats) checkRooms(chat);
    }
    // A hook that takes its time takes it for each request, and so does a schema.
    const asked = guests.reduce((sum, guest) => sum + guest.asked, 0);
    for (let i = 0; i < 2 * asked + 4; i++) await turn();
    for (const chat of chats) checkRooms(chat);
    for (const guest of guests) if (!guest.isGone) checkAnswers(guest, guest.chat);
    for (const { transport } of guests) transport.destroy();
    await turn();
    for (const chat of chats) ensureSameList(chat.rooms, [], 'The rooms, when everybody is gone');
    ensureSameList(blamed, [], 'What the application is blamed for');
    const ours = mistakes.find(
      (error) => !(error instanceof Error) || !/^a hook$|must return true/.test(error.message),
    );
    ensure(ours === undefined, () => `A mistake that nobody made: ${String(ours)}`);
  },
};

function depart(guest: Guest, script: Script): void {
  guest.isGone = true;
  if (script.below(2) === 0) guest.connection.close();
  else guest.transport.destroy();
}

function idsOf(chat: Chat, room: string): string[] {
  return chat.members(room).map(({ id }) => id);
}

function checkRooms(chat: Chat): void {
  for (const room of chat.rooms) {
    const ids = idsOf(chat, room);
    ensureSame(chat.count(room), ids.length, 'The members of a room');
    ensure(ids.length > 0, 'A room is empty');
    ensureSame(new Set(ids).size, ids.length, 'The different members of a room');
    for (const { name } of chat.members(room))
      ensure(name.length > 0 && name.length <= 20, () => `Somebody is called '${name}'`);
  }
}

/** One answer for each request, and the rooms that the answers tell of. */
function checkAnswers(guest: Guest, chat: Chat): void {
  const { answers, rooms } = guest.read();
  ensureSame(answers, guest.asked, 'The answers to the requests of a member');
  ensure(rooms.length <= limits.maxRoomsPerMember, () => `A member is in ${rooms.length} rooms`);
  for (const room of rooms) ensure(chat.count(room) > 0, 'A member believes to be in a room that is not there');
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
