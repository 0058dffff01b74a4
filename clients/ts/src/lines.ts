import { ProtocolError } from "./errors.js";

const LF = 0x0a;
const CR = 0x0d;

/** Splits a stream of bytes, in chunks of any size, into lines of text. */
export class LineReader {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  readonly #maxBytes: number;
  readonly #skipped: (error: ProtocolError) => void;
  /** The parts of an incomplete line. */
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** A line that is longer than `maxBytes`, or that is not UTF-8, is passed to `skipped` as an error. */
  constructor(maxBytes: number, skipped: (error: ProtocolError) => void) {
    this.#maxBytes = maxBytes;
    this.#skipped = skipped;
  }

  /** Returns the lines that `chunk` completes, without their newlines. Blank lines are left out. */
  *push(chunk: Uint8Array): Generator<string> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LF, start);
      if (end === -1) break;
      yield* this.#line(chunk.subarray(start, end));
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
  }

  /** Returns the line that the end of the stream completes, if there is one. */
  *end(): Generator<string> {
    yield* this.#line(new Uint8Array(0));
  }

  #keep(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes) {
      // Skipped data is not kept: an endless line must not use up the memory.
      this.#pieces = [];
    } else {
      // This makes a copy, because the stream may reuse the chunk's buffer. (Not with `slice`, which returns a view of
      // a Node buffer.)
      this.#pieces.push(new Uint8Array(piece));
    }
  }

  *#line(last: Uint8Array): Generator<string> {
    const bytes = this.#bytes + last.length;
    const pieces = this.#pieces;
    this.#bytes = 0;
    this.#pieces = [];
    if (bytes > this.#maxBytes) {
      this.#skipped(new ProtocolError(`a line of ${bytes} bytes is longer than ${this.#maxBytes}`));
      return;
    }
    // Bytes are joined before they are decoded, because a chunk may end inside a character.
    const line = trimCr(pieces.length === 0 ? last : join([...pieces, last], bytes));
    if (line.length === 0) return;
    let text;
    try {
      text = this.#decoder.decode(line);
    } catch (cause) {
      this.#skipped(new ProtocolError("a line is not UTF-8", { cause }));
      return;
    }
    if (text.trim() !== "") yield text;
  }
}

function trimCr(line: Uint8Array): Uint8Array {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}

function join(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
