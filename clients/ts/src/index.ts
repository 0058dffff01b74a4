export { WorkroomClient, type CallOptions, type ClientOptions } from "./client.js";
export type { Channel, ChannelEvents } from "./channel.js";
export { ConnectionClosedError, ProtocolError, WorkroomError } from "./errors.js";
export * from "./generated.js";
export type { InboxOptions, InboxParams, InboxSubscription, InboxUpdate } from "./inbox.js";
export type { Cursor, SubscribeOptions, SubscribeParams, Subscription } from "./subscription.js";
export type { ReconnectOptions } from "./supervisor.js";
export type { Connect, Transport } from "./transport.js";
