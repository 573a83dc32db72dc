import type { ChatMember, ChatMessage, ChatRoom } from '../../browser';
import type { ChatLink } from '../chat-link';
import { contentOf } from '../format';
import { printable } from '../printable';
import type { ChatCommand } from './line';
import type { Screen } from './screen';

/** Messages that `/history` shows. */
const defaultHistory = 10;

export const chatHelp =
  '/join ROOM, /leave, /who, /history [N], /name NAME, /quit; anything else is said in the room, //text says /text';

/** Who takes part, in which rooms, and what that looks like. */
export class Conversation {
  /** The one joined last is the last. */
  private readonly rooms: ChatRoom[] = [];
  /** By room, the oldest message that was shown: what `/history` goes on from. */
  private readonly oldest = new Map<string, ChatMessage>();

  constructor(
    private readonly link: ChatLink,
    private readonly screen: Screen,
  ) {}

  /** Goes into a room, or back into one. @throws Failure where we are not let in */
  async join(name: string): Promise<void> {
    const earlier = this.rooms.findIndex((room) => room.name === name);
    if (earlier !== -1) {
      this.rooms.push(...this.rooms.splice(earlier, 1));
      this.notice(`You speak in ${name}`);
      return;
    }
    const room = this.link.client.join(name);
    room.on('message', (message) => this.show(message));
    room.on('presence', ({ joins, leaves }) => this.showPresence(room, joins, leaves));
    room.on('gap', () => this.notice(`Some messages in ${name} are missing here`));
    room.on('state', (state) => {
      if (state === 'closed') this.forget(room);
    });
    await this.link.join(name);
    // Until here an error is why the joining failed, and told by that.
    room.on('error', (error) => this.screen.complain(printable(error.message)));
    this.rooms.push(room);
    this.notice(
      `You are in ${name} as ${room.member?.name}, ${room.count === 1 ? 'alone' : `with ${room.count - 1} more`}`,
    );
  }

  /** Says something in the room joined last. @throws ChatError when the server does not take it */
  async say(text: string): Promise<void> {
    await this.current()?.send(text);
  }

  /** Does what a line asks for, but for `/quit`. */
  async run(command: ChatCommand, argument: string): Promise<void> {
    switch (command) {
      case 'join':
        if (argument === '') this.screen.complain('Which room? /join ROOM');
        else await this.join(argument);
        break;
      case 'leave':
        this.leave();
        break;
      case 'who':
        this.who();
        break;
      case 'history':
        await this.history(argument);
        break;
      case 'name':
        if (argument === '') this.screen.complain('Which name? /name NAME');
        else await this.link.client.rename(argument);
        break;
      case 'help':
        this.notice(chatHelp);
    }
  }

  private current(): ChatRoom | undefined {
    const room = this.rooms.at(-1);
    if (room === undefined) this.screen.complain('You are in no room: /join ROOM goes into one');
    return room;
  }

  private leave(): void {
    const room = this.current();
    if (room === undefined) return;
    room.leave();
    const next = this.rooms.at(-1);
    this.notice(`You have left ${room.name}${next === undefined ? '' : `, and speak in ${next.name}`}`);
  }

  private who(): void {
    const room = this.current();
    if (room === undefined) return;
    const names = Array.from(room.members.values(), ({ name }) => name).sort();
    const unlisted = room.count - names.length;
    this.notice(`${room.count} in ${room.name}: ${names.join(', ')}${unlisted > 0 ? ` and ${unlisted} more` : ''}`);
  }

  private async history(argument: string): Promise<void> {
    const room = this.current();
    if (room === undefined) return;
    const limit = argument === '' ? defaultHistory : Number(argument);
    if (!Number.isSafeInteger(limit) || limit < 1) {
      this.screen.complain('How many messages? /history 20');
      return;
    }
    const before = this.oldest.get(room.name);
    const page = await room.history({ limit, ...(before && { before }) });
    for (const message of page.messages) this.show(message);
    const [oldest] = page.messages;
    if (oldest) this.oldest.set(room.name, oldest);
    this.notice(page.more ? 'There is more: /history again' : 'That is all that is kept');
  }

  private forget(room: ChatRoom): void {
    const index = this.rooms.indexOf(room);
    if (index !== -1) this.rooms.splice(index, 1);
    this.oldest.delete(room.name);
  }

  private show(message: ChatMessage): void {
    const { bold, dim } = this.screen.colors;
    const where = this.rooms.length > 1 ? dim(`${printable(message.room)} `) : '';
    this.screen.print(`${where}${bold(printable(message.from.name))}: ${printable(contentOf(message))}`);
  }

  private showPresence(room: ChatRoom, joins: readonly ChatMember[], leaves: readonly ChatMember[]): void {
    const where = this.rooms.length > 1 ? ` ${room.name}` : '';
    const before = new Map(leaves.map(({ id, name }) => [id, name]));
    const after = new Set(joins.map(({ id }) => id));
    for (const { id, name } of joins) {
      const former = before.get(id);
      if (former === undefined) this.notice(`${name} has joined${where}`);
      else if (former !== name) this.notice(`${former} is ${name} now`);
    }
    for (const { id, name } of leaves) if (!after.has(id)) this.notice(`${name} has left${where}`);
  }

  private notice(text: string): void {
    this.screen.print(this.screen.colors.dim(`* ${printable(text)}`));
  }
}
