import type { Channel } from "./channel.js";

/** Bytes to and from a server: a process, a socket, a pair of in-memory streams. */
export interface Transport {
  /** What the server writes. Its end is the end of the connection. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What the server reads. Closing it asks the server to answer what it has and to end. */
  readonly writable: WritableStream<Uint8Array>;
  /** Ends the server by force. Called when it has not ended some time after `writable` was closed. */
  readonly terminate?: () => void;
}

/** Makes a new transport: for the first connection, and again each time that one was lost. */
export type Connect = () => Transport | Channel | Promise<Transport | Channel>;
