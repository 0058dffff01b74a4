import type { Transport } from "./transport.js";

/** The callbacks of the connection that reads a channel. */
export interface ChannelEvents {
  /** Called for each chunk. The channel waits for the returned promise before it reads more. */
  chunk(bytes: Uint8Array): Promise<void> | undefined;
  /** Called once, when there is no more input, because of `error` if there is one. */
  end(error?: unknown): void;
}

/**
 * Bytes to and from a server, with callbacks. Web streams create promises for every chunk in both directions, which is
 * a
 * fifth of the cost of a call from Node.
 */
export interface Channel {
  /** Starts reading. Called once. */
  read(events: ChannelEvents): void;
  /** Stops reading, and ends the channel. */
  cancel(reason: unknown): void;
  /** Returns what to wait for before writing more. Rejects when nothing can be written any more. */
  ready(): Promise<void> | undefined;
  /** Writes; `written` is called once, when the bytes were taken or with the error. */
  write(bytes: Uint8Array, written: (error?: unknown) => void): void;
  /** Ends the server's input after everything was written. */
  close(): Promise<unknown>;
  /** Ends the server's input immediately. */
  abort(reason: unknown): void;
  /** Kills the server. */
  readonly terminate?: (() => void) | undefined;
}

/** Creates the channel of a transport. */
export function channelOf(transport: Transport): Channel {
  const reader = transport.readable.getReader();
  const writer = transport.writable.getWriter();
  // Errors are handled where data is read or written. Without this, the promises would report them again as unhandled.
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

/** The error for a stream that fails without one. */
function refused(): Error {
  return new Error("the stream failed");
}
