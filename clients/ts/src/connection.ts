import { type Channel, channelOf } from "./channel.js";
import { ConnectionClosedError, isObject, ProtocolError, WorkroomError } from "./errors.js";
import { LineReader } from "./lines.js";
import { Outbox, type Outgoing } from "./outbox.js";
import type { Transport } from "./transport.js";

/** The outcome of a call. */
export type Outcome = { readonly result: unknown } | { readonly error: Error };

/** Called once with the outcome of a call, in the order of the responses, before the next message is processed. */
export type Answer = (outcome: Outcome) => void;

/** The callbacks of a connection. They must not throw. */
export interface ConnectionEvents {
  /** A notification arrived. */
  notification(method: string, params: unknown): void;
  /** A message arrived that violates the protocol. */
  protocolError(error: ProtocolError): void;
  /** Called after each chunk of input. The connection waits for the returned promise before it reads more. */
  pace(): Promise<void> | undefined;
  /** The connection has ended, and the outcome of every call was reported. */
  closed(error: ConnectionClosedError): void;
}

interface PendingCall {
  readonly method: string;
  readonly answer: Answer;
  readonly line: Outgoing;
}

/** How long a killed server may keep its end of the stream open. */
const TERMINATION_MS = 1_000;

/** JSON-RPC over one transport, until it ends. */
export class Connection {
  readonly #channel: Channel;
  readonly #events: ConnectionEvents;
  readonly #outbox: Outbox;
  readonly #pending = new Map<number, PendingCall>();
  readonly #closeMs: number;
  #lastId = 0;
  #end: ConnectionClosedError | undefined;
  #terminated = false;
  #writeError: { cause: unknown } | undefined;

  /** Settles when the connection has ended. Never rejects. */
  readonly closed: Promise<void>;

  /** `closeMs` is how long the server may take to stop after its input has ended. */
  constructor(over: Transport | Channel, events: ConnectionEvents, limits: { maxLineBytes: number; closeMs: number }) {
    this.#channel = "readable" in over ? channelOf(over) : over;
    this.#events = events;
    this.#closeMs = limits.closeMs;
    this.#outbox = new Outbox(this.#channel, (error) => this.#writingFailed(error));
    const lines = new LineReader(limits.maxLineBytes, (error) => this.#events.protocolError(error));
    this.closed = new Promise((resolve) => {
      this.#channel.read({
        chunk: (bytes) => {
          for (const line of lines.push(bytes)) this.#receive(line);
          return this.#events.pace();
        },
        end: (error) => {
          try {
            if (error === undefined) for (const line of lines.end()) this.#receive(line);
            this.#finish(error ?? this.#writeError?.cause);
          } finally {
            resolve();
          }
        },
      });
    });
  }

  /** Sends a request with `params` as JSON text, and returns its id. */
  request(method: string, params: string | undefined, answer: Answer): number {
    const id = ++this.#lastId;
    const line = { text: message(method, params, id) };
    if (this.#end !== undefined) {
      answer({ error: this.#end.during(method) });
      return id;
    }
    this.#pending.set(id, { method, answer, line });
    this.#outbox.send(line);
    return id;
  }

  /** Sends a notification; `written` is called when the transport has taken it. */
  notify(method: string, params: string | undefined, written?: (error?: unknown) => void): void {
    this.#outbox.send({ text: message(method, params), ...(written && { written }) });
  }

  /**
   * Aborts a call. If it was not sent yet, it is removed; otherwise the server is asked to cancel it.
   * The server's response to it is still reported.
   */
  cancel(id: number): void {
    const call = this.#pending.get(id);
    if (call === undefined) return;
    if (this.#outbox.withdraw(call.line)) {
      this.#pending.delete(id);
    } else {
      this.notify("$/cancelRequest", JSON.stringify({ id }));
    }
  }

  /** The number of calls without a response. Aborted calls count until the server has answered them. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Ends the server's input, and waits until the server has answered everything and stopped. Never rejects. */
  async end(): Promise<void> {
    // A blocked transport must not prevent the client from closing, so the timer starts now.
    const timer = setTimeout(() => this.terminate(), this.#closeMs);
    await Promise.race([this.#outbox.close(), this.closed]);
    await this.closed;
    clearTimeout(timer);
  }

  /** Ends the connection without waiting for the server. */
  terminate(): void {
    if (this.#terminated) return;
    this.#terminated = true;
    const reason = new ConnectionClosedError("the server was killed");
    this.#outbox.abort(reason);
    this.#channel.terminate?.();
    // What the server wrote before its end is still read. A stream that does not end by itself is ended here.
    const wait = this.#channel.terminate === undefined ? 0 : TERMINATION_MS;
    const timer = setTimeout(() => this.#channel.cancel(reason), wait);
    void this.closed.then(() => clearTimeout(timer));
  }

  #receive(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      this.#events.protocolError(new ProtocolError("received a line that is not JSON", { line, cause }));
      return;
    }
    for (const message of Array.isArray(value) ? value : [value]) this.#dispatch(message, line);
  }

  #dispatch(message: unknown, line: string): void {
    const refuse = (why: string) => this.#events.protocolError(new ProtocolError(why, { line }));
    if (!isObject(message) || message["jsonrpc"] !== "2.0") return refuse("received a line that is not JSON-RPC 2.0");
    const { method, id } = message;
    if (typeof method === "string") {
      if (id === undefined) return this.#events.notification(method, message["params"]);
      // The protocol has no requests from the server, but a server that sent one might wait for the response.
      this.#outbox.send({ text: refusal(id, method) });
      return refuse(`the server sent a request \`${method}\``);
    }
    const call = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (call === undefined) return refuse(`received a response without a call: ${JSON.stringify(message["error"] ?? id)}`);
    this.#pending.delete(id as number);
    const outcome = parseOutcome(call.method, message);
    if (outcome !== undefined) return call.answer(outcome);
    const error = new ProtocolError(`the response to ${call.method} has neither a result nor an error`, { line });
    this.#events.protocolError(error);
    call.answer({ error });
  }

  #writingFailed(cause: unknown): void {
    if (this.#end !== undefined || this.#writeError !== undefined) return;
    this.#writeError = { cause };
    // A channel that cannot be written to must end, but responses that are on their way are still read.
    this.terminate();
  }

  #finish(cause: unknown): void {
    const end = cause instanceof ConnectionClosedError ? cause
      : new ConnectionClosedError(`the connection has ended${because(cause)}`, { cause });
    this.#end = end;
    this.#outbox.abort(end);
    const calls = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of calls) call.answer({ error: end.during(call.method) });
    this.#events.closed(end);
  }
}

function because(cause: unknown): string {
  return cause instanceof Error ? `: ${cause.message}` : "";
}

function message(method: string, params: string | undefined, id?: number): string {
  const head = id === undefined ? `{"jsonrpc":"2.0"` : `{"jsonrpc":"2.0","id":${id}`;
  const tail = params === undefined ? "}" : `,"params":${params}}`;
  return `${head},"method":${JSON.stringify(method)}${tail}`;
}

function refusal(id: unknown, method: string): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: `no method ${method}` } });
}

function parseOutcome(method: string, { result, error }: Record<string, unknown>): Outcome | undefined {
  if (error === undefined) return result === undefined ? undefined : { result };
  if (!isObject(error)) return undefined;
  const { code, message, data } = error;
  if (typeof code !== "number" || typeof message !== "string") return undefined;
  return { error: new WorkroomError(method, { code, message, data }) };
}
