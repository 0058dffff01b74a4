import type { Transport } from "./transport.js";

/** What a channel tells the connection that reads it. */
export interface ChannelEvents {
  /** Bytes came. What it returns is waited for before more are read. */
  chunk(bytes: Uint8Array): Promise<void> | undefined;
  /** Nothing more comes, because of `error` if there is one. Called once. */
  end(error?: unknown): void;
}

/**
 * Bytes to and from a server, in callbacks. Web streams make promises of every chunk in both directions, which is a fifth
 * of what a call from Node takes.
 */
export interface Channel {
  /** Begins to read. Called once. */
  read(events: ChannelEvents): void;
  /** Reads no more, and ends. */
  cancel(reason: unknown): void;
  /** What to wait for before more is written. Rejects when nothing can be written any more. */
  ready(): Promise<void> | undefined;
  /** Writes; `written` is told once, that the bytes were taken or why not. */
  write(bytes: Uint8Array, written: (error?: unknown) => void): void;
  /** Ends the server's input once everything is written. */
  close(): Promise<unknown>;
  /** Ends the server's input at once. */
  abort(reason: unknown): void;
  /** Ends the server by force. */
  readonly terminate?: (() => void) | undefined;
}

/** The channel of a transport. */
export function channelOf(transport: Transport): Channel {
  const reader = transport.readable.getReader();
  const writer = transport.writable.getWriter();
  // Failures are met where something is read or written; these promises would report the same ones again, as unhandled.
  reader.closed.catch(() => {});
  writer.closed.catch(() => {});
  writer.ready.catch(() => {});
  return {
    read: (events) => void readAll(reader, events),
    cancel: (reason) => void reader.cancel(reason).catch(() => {}),
    ready: () => writer.ready,
    write: (bytes, written) => void writer.write(bytes).then(() => written(), (error) => written(error ?? refused())),
    close: () => writer.close(),
    abort: (reason) => void writer.abort(reason).catch(() => {}),
    terminate: transport.terminate && (() => transport.terminate?.()),
  };
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>, events: ChannelEvents): Promise<void> {
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const pause = events.chunk(value);
      if (pause !== undefined) await pause;
    }
  } catch (error) {
    return events.end(error ?? refused());
  }
  events.end();
}

/** The error of a stream that gives none. */
function refused(): Error {
  return new Error("the stream has failed");
}
