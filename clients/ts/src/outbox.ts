import type { Channel } from "./channel.js";

/** How many characters go into one chunk: enough to make the cost of a write small, little enough to stay responsive. */
const CHUNK_CHARS = 64 * 1024;

/** A line that waits to be written. */
export interface Outgoing {
  readonly text: string;
  /** Told once: when the transport has taken the line, or with the error that kept it from doing so. */
  readonly written?: (error?: unknown) => void;
}

/** Writes lines in the order given, as fast as the transport takes them and no faster. */
export class Outbox {
  readonly #channel: Channel;
  readonly #encoder = new TextEncoder();
  readonly #failed: (error: unknown) => void;
  #queue: Outgoing[] = [];
  #pump: Promise<void> | undefined;
  #error: { cause: unknown } | undefined;

  /** `failed` is told once when the channel takes no more. */
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

  /** Takes a line back; false when it is already on its way. */
  withdraw(line: Outgoing): boolean {
    const index = this.#queue.indexOf(line);
    if (index !== -1) this.#queue.splice(index, 1);
    return index !== -1;
  }

  /** Writes what is queued, then ends the stream. Never rejects. */
  async close(): Promise<void> {
    await this.#pump;
    if (this.#error === undefined) await this.#channel.close().catch((error) => this.#fail(error));
  }

  /** Gives up what is queued and the stream. */
  abort(reason: unknown): void {
    this.#fail(reason);
    this.#channel.abort(reason);
  }

  async #run(): Promise<void> {
    // Even an idle transport is given one turn: calls made together then leave in one chunk.
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
