import type { Channel } from "./channel.js";

/**
 * The number of characters in one chunk: enough to make the cost of a write small, and little enough to stay
 * responsive.
 */
const CHUNK_CHARS = 64 * 1024;

/** A line to be written. */
export interface Outgoing {
  readonly text: string;
  /** Called once: when the transport has taken the line, or with the error that prevented it. */
  readonly written?: (error?: unknown) => void;
}

/** Writes lines in order, as fast as the transport takes them. */
export class Outbox {
  readonly #channel: Channel;
  readonly #encoder = new TextEncoder();
  readonly #failed: (error: unknown) => void;
  #queue: Outgoing[] = [];
  #pump: Promise<void> | undefined;
  #error: { cause: unknown } | undefined;

  /** `failed` is called once when the channel stops taking data. */
  constructor(channel: Channel, failed: (error: unknown) => void) {
    this.#channel = channel;
    this.#failed = failed;
  }

  /** Queues a line. */
  send(line: Outgoing): void {
    if (this.#error !== undefined) {
      line.written?.(this.#error.cause);
      return;
    }
    this.#queue.push(line);
    this.#pump ??= this.#run();
  }

  /** Removes a queued line; false if it is already being written. */
  withdraw(line: Outgoing): boolean {
    const index = this.#queue.indexOf(line);
    if (index !== -1) this.#queue.splice(index, 1);
    return index !== -1;
  }

  /** Writes the queued lines, then ends the stream. Never rejects. */
  async close(): Promise<void> {
    await this.#pump;
    if (this.#error === undefined) await this.#channel.close().catch((error) => this.#fail(error));
  }

  /** Drops the queued lines, and aborts the stream. */
  abort(reason: unknown): void {
    this.#fail(reason);
    this.#channel.abort(reason);
  }

  async #run(): Promise<void> {
    // An idle transport also waits for one turn, so that calls made together are sent in one chunk.
    while (this.#queue.length > 0 && this.#error === undefined) {
      try {
        await this.#channel.ready();
        const batch = this.#batch();
        if (batch.length === 0) continue;
        this.#channel.write(this.#encoder.encode(batch.map((line) => `${line.text}\n`).join("")), (error) => {
          if (error !== undefined) this.#fail(error);
          batch.forEach((line) => line.written?.(error));
        });
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#pump = undefined;
  }

  #batch(): Outgoing[] {
    let chars = 0;
    let count = 0;
    for (const line of this.#queue) {
      if (count > 0 && chars + line.text.length > CHUNK_CHARS) break;
      chars += line.text.length;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  #fail(cause: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = { cause };
    for (const line of this.#queue.splice(0)) line.written?.(cause);
    this.#failed(cause);
  }
}
