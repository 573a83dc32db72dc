/** `switchboard/client`: the client of the chat protocol, for browsers and Node. */

export { ChatClient, type ChatClientEvents } from './chat-client';
export { ChatError, type ChatErrorCode } from './chat-error';
export type { ChatMessage } from './chat-message';
export type { ChatRoom } from './chat-room';
export type { ChatClientOptions } from './options';
export type { ChatMember, Position } from './protocol';
export type { ConnectionState } from './reconnecting-socket';
export type { ChatRoomEvents, HistoryPage, HistoryQuery, JoinOptions, RoomState } from './room-types';
export type { ChatUrl, WebSocketClass, WebSocketLike } from './web-socket';
