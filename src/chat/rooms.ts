import type { NextFunction, Request, Response } from 'express-serve-static-core';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { markUpgradeHandler, wayAround } from '../express/gate';
import { openConnection } from '../express/open-connection';
import { OptionsOfRoute } from '../express/route-options';
import type { RouteOptions } from '../express/types';
import type { DisconnectOptions } from '../rooms/disconnect';
import { pendingUpgrade } from '../server/pending-upgrade';
import { Chat, type ChatEvents } from './chat';
import { type Invitation, isRoomPath, readInvitation } from './invitation';
import { type ChatOptions, splitChatOptions } from './options';

/** Options of `rooms()`: those of the chat, and those of a WebSocket route. */
export interface RoomsOptions<Data = unknown>
  extends ChatOptions<Request, Data>,
    Omit<RouteOptions, 'slowConsumer' | 'identify'> {}

/** What `rooms()` returns: a request handler to mount, and the programming interface of its rooms. */
export interface Rooms<Data = unknown>
  extends Pick<Chat<Data>, 'to' | 'say' | 'history' | 'members' | 'count' | 'rooms' | 'disconnect' | 'dropped'> {
  (request: Request, response: Response, next: NextFunction): void;
  on<Name extends keyof ChatEvents<Data>>(event: Name, listener: (...details: ChatEvents<Data>[Name]) => void): this;
  once<Name extends keyof ChatEvents<Data>>(event: Name, listener: (...details: ChatEvents<Data>[Name]) => void): this;
  off<Name extends keyof ChatEvents<Data>>(event: Name, listener: (...details: ChatEvents<Data>[Name]) => void): this;
}

/**
 * Chat rooms to mount in an Express app that `switchboard(app)` was called with. Rooms of one mount are apart from
 * those of another. Whoever opens `/support` speaks the chat protocol; who opens `/support/general?name=Ann` is in that
 * room at once. Middleware runs before the 101, as everywhere, and ordinary requests are passed on.
 *
 * @example
 * const support = rooms({ authorizeJoin: (socket, room, req) => req.session.user !== undefined });
 * app.use('/support', support);
 * support.on('message', (socket, { from, text }) => audit(from, text));
 * await support.say('general', 'We close at six', { from: 'Support' });
 *
 * @throws InvalidOptionError for an option that does not exist, or a value that cannot be
 */
export function rooms<Data = unknown>(options: RoomsOptions<Data> = {}): Rooms<Data> {
  const { chat: chatOptions, rest } = splitChatOptions<RouteOptions>('rooms()', options, 'rooms');
  const routeOptions = new OptionsOfRoute('rooms()', rest);
  const chat = new Chat<Data>(chatOptions);

  function handleRooms(request: Request, response: Response, next: NextFunction): void {
    if (pendingUpgrade(request) === undefined) {
      // Mounted at the root of an app, every path may as well be that of a page, which is missing if nobody answers.
      const isOurs = request.baseUrl !== '' && isRoomPath(request.url);
      next(isOurs ? wayAround(request) : undefined);
      return;
    }
    let invitation: Invitation | null | undefined;
    try {
      invitation = readInvitation(request.url, request.params.room, chatOptions);
    } catch (error) {
      next(error);
      return;
    }
    if (invitation === undefined) {
      next();
      return;
    }
    const invited = invitation ?? undefined;
    const handler = (socket: WebSocketConnection) => chat.open(socket, request, invited);
    void openConnection({ options: routeOptions, handler }, request, response, next);
  }

  const handler = Object.assign(markUpgradeHandler(handleRooms), {
    to: (...names: string[]) => chat.to(...names),
    say: (...said: Parameters<Chat<Data>['say']>) => chat.say(...said),
    history: (...asked: Parameters<Chat<Data>['history']>) => chat.history(...asked),
    disconnect: (options: DisconnectOptions) => chat.disconnect(options),
    dropped: (room?: string) => chat.dropped(room),
    members: (room: string) => chat.members(room),
    count: (room: string) => chat.count(room),
  });
  Object.defineProperty(handler, 'rooms', { get: () => chat.rooms, enumerable: true });
  for (const name of ['on', 'once', 'off'] as const) {
    const delegate = (event: keyof ChatEvents, listener: () => void) => {
      chat[name](event, listener);
      return handler;
    };
    Object.defineProperty(handler, name, { value: delegate });
  }
  return handler as unknown as Rooms<Data>;
}
