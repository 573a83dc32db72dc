/** WebSockets for Express: everything that the package gives, by what it is for. */

export type { Announced, SayOptions } from './chat/announcement';
export type { ChatContent, ChatHistory, ChatMember, ChatMessage } from './chat/answers';
// Chat
export type { ChatEvents } from './chat/chat';
export { ChatServer, type ChatServerOptions } from './chat/chat-server';
export type { ChatDraft, ChatOptions, Verdict } from './chat/options';
export { type Publisher, type PublisherOptions, publisher } from './chat/publisher';
export { type Rooms, type RoomsOptions, rooms } from './chat/rooms';
export type { SchemaIssue, SchemaResult, StandardSchema } from './chat/schema';
// The client
export type { ClientConnection, OpeningResponse } from './client/client-connection';
export { connect } from './client/connect';
export type { ConnectOptions } from './client/options';
export type { RequestHeaders } from './client/request-headers';
export { WebSocket } from './client/web-socket';
export type { WebSocketInit } from './client/web-socket-arguments';
export { WebSocketBuilder } from './client/web-socket-builder';
export {
  CloseEvent,
  type WebSocketErrorEvent,
  type WebSocketEventHandler,
  type WebSocketEventMap,
} from './client/web-socket-events';
// Connections
export type { Closure } from './connection/closure';
export type { ConnectionEventMap } from './connection/connection-events';
export type { Message } from './connection/inbox';
export type { ConnectionOptions } from './connection/options';
export type { Payload } from './connection/payload';
export type { PiecesOptions } from './connection/piece-reader';
export type { PieceSource, SendPiecesOptions } from './connection/piece-sending';
export { ReadyState } from './connection/ready-state';
export type {
  SocketCloseEvent,
  SocketErrorEvent,
  SocketEventListener,
  SocketEventMap,
  SocketMessageEvent,
} from './connection/socket-event';
export { type ToDuplexOptions, toDuplex } from './connection/to-duplex';
export type { RateLimit } from './connection/token-bucket';
export { type SendOptions, WebSocketConnection } from './connection/websocket-connection';
export type { SendCallback } from './connection/write-queue';
// The dashboard
export { dashboard } from './dashboard/dashboard';
export type { DashboardOptions } from './dashboard/options';
// What it does
export type { Logger } from './diagnostics/logger';
export type { HistogramSnapshot, Metrics } from './diagnostics/metrics';
// In an Express app
export type { AnyServer } from './express/attached-server';
export { serveHttp2 } from './express/serve-http2';
export {
  type OpenConnections,
  Switchboard,
  type SwitchboardEvents,
  type SwitchboardOptions,
  switchboard,
} from './express/switchboard';
export type {
  RouteOptions,
  UpgradeMiddleware,
  UpgradeRequestHandler,
  WebSocketHandler,
  WebSocketRouteMethod,
} from './express/types';
export { upgrade } from './express/upgrade';
// The protocol
export { CloseCode } from './protocol/close-code';
export type { PerMessageDeflateOptions } from './protocol/deflate-options';
export type { Duration } from './protocol/duration';
// Errors
export {
  AdapterError,
  ConnectError,
  ConnectionClosedError,
  type Fault,
  HandshakeError,
  InvalidOptionError,
  InvalidPayloadError,
  InvalidStateError,
  MessageTooBigError,
  OverloadError,
  PolicyError,
  ProtocolError,
  type RefusedResponse,
  TimeoutError,
  WebSocketError,
} from './protocol/errors';
export { WebSocketFrame } from './protocol/frame';
export { type DecodedFrame, FrameParser, type FrameParserOptions } from './protocol/frame-parser';
export { type AcceptOptions, type UpgradeRequest, WebSocketHandshake } from './protocol/handshake';
export type { ExtensionOffer } from './protocol/headers';
export { Opcode } from './protocol/opcode';
export type { Role } from './protocol/role';
// Rooms
export type { Adapter, AdapterProblem, AdapterStatus, Entry, LogPage, Position, RoomData } from './rooms/adapter';
export type { DisconnectOptions } from './rooms/disconnect';
export type { HistoryOptions } from './rooms/history';
export type { HistoryQuery } from './rooms/history-query';
export { Hub, type HubEvents, type HubOptions } from './rooms/hub';
export {
  type MemoryAdapter,
  type MemoryAdapterOptions,
  MemoryBroker,
  type MemoryBrokerOptions,
  memoryAdapter,
} from './rooms/memory-adapter';
export type { Publication, PublishOptions } from './rooms/publication';
export type { SharedRoomsOptions } from './rooms/shared-rooms-options';
export type { SlowConsumer, SlowConsumerPolicy } from './rooms/slow-consumer';
export type { GapListener } from './rooms/slow-members';
export type { StatusListener } from './rooms/status-listeners';
// What servers and routes can be told, and credentials
export type { AdmissionOptions } from './server/admission-options';
export { bearerToken } from './server/bearer-token';
export type { CloseAllOptions } from './server/close-all-options';
export type { Identify } from './server/identify';
export type { ServerOptions, UpgradeOptions } from './server/options';
export type { AllowedOrigins } from './server/origin';
export type { Subprotocols } from './server/subprotocol';
export type { TicketStore } from './server/ticket-store';
export { type Tickets, type TicketsOptions, tickets } from './server/tickets';
