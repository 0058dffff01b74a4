import type { Channel } from "./channel.js";

/** Bytes to and from a server: a process, a socket, a pair of in-memory streams. */
export interface Transport {
  /** The server's output. Its end is the end of the connection. */
  readonly readable: ReadableStream<Uint8Array>;
  /** The server's input. Closing it asks the server to answer all pending requests and to stop. */
  readonly writable: WritableStream<Uint8Array>;
  /** Kills the server. Called if it has not stopped some time after `writable` was closed. */
  readonly terminate?: () => void;
}

/** Creates a transport: for the first connection, and again after each connection that was lost. */
export type Connect = () => Transport | Channel | Promise<Transport | Channel>;
