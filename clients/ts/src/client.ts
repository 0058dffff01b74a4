/// <reference lib="esnext.disposable" preserve="true" />
import type { Answer } from "./connection.js";
import { ConnectionClosedError, isObject, ProtocolError, WorkroomError } from "./errors.js";
import {
  type Approval, type ClientNotifications, ERROR_CODES, type InitializeParams, type InitializeResponse, type Methods,
  type ServerNotifications, type WorkroomEvent,
} from "./generated.js";
import { type InboxOptions, type InboxParams, InboxSubscription, parseChanged } from "./inbox.js";
import { type Followed, Subscription, type SubscribeOptions, type SubscribeParams } from "./subscription.js";
import type { Channel } from "./channel.js";
import { type ReconnectOptions, Supervisor } from "./supervisor.js";
import type { Connect, Transport } from "./transport.js";

/** How a client behaves. */
export interface ClientOptions {
  /**
   * Sent first on each connection; calls wait for its answer. An `agent` keeps its session over lost connections: unless
   * it has a `session_key`, the client makes one.
   */
  readonly initialize?: InitializeParams | undefined;
  /** Is told of what was skipped because the protocol has no place for it. */
  readonly onProtocolError?: ((error: ProtocolError) => void) | undefined;
  /** How to make a lost connection again, when the client was given a function that makes them. */
  readonly reconnect?: ReconnectOptions | undefined;
  /** How long a line of input may be, in bytes; longer ones are skipped. Default: 64 MiB. */
  readonly maxLineBytes?: number | undefined;
  /** How long `close` waits for the server before it ends it by force, in milliseconds. Default: 5,000. */
  readonly closeTimeoutMs?: number | undefined;
}

/** How a call behaves. */
export interface CallOptions {
  /**
   * Gives the call up: it rejects with the signal's reason at once, and the server is asked to cancel it.
   * A write that has begun is not undone. Sent again with the same `idempotency_key`, it tells what became of it.
   */
  readonly signal?: AbortSignal | undefined;
  /** Gives the call up after so many milliseconds: it rejects with a `TimeoutError`. */
  readonly timeoutMs?: number | undefined;
}

type Params<P> = Record<never, never> extends P ? [params?: P | undefined] : [params: P];
type Args<P> = Record<never, never> extends P
  ? [params?: P | undefined, options?: CallOptions | undefined]
  : [params: P, options?: CallOptions | undefined];

/** How long a line the server takes when it was not asked: its default. The answer to `initialize` has the true limit. */
const DEFAULT_REQUEST_BYTES = 16 * 1024 * 1024;
/** Answers are bounded by the server, well below this. The limit is for what is not a server at all. */
const DEFAULT_LINE_BYTES = 64 * 1024 * 1024;
const DEFAULT_CLOSE_MS = 5_000;
/** `setTimeout` takes longer times for none at all. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** A typed client of one Workroom server. */
export class WorkroomClient {
  readonly #supervisor: Supervisor;
  readonly #onProtocolError: ((error: ProtocolError) => void) | undefined;
  readonly #listeners = new Map<string, Set<(params: never) => void>>();
  readonly #subscriptions = new Set<Followed>();
  readonly #routes = new Map<string, Subscription>();
  readonly #inboxes = new Map<string, InboxSubscription>();
  readonly #reconnects: boolean;
  #closing = false;
  /** Whether there will be no connection any more. */
  #over = false;

  /**
   * Connects over `source`. When that is a function, a lost connection is made again as soon as it is needed:
   * calls that had no answer reject with `ConnectionClosedError`, subscriptions go on where they were.
   */
  constructor(source: Transport | Channel | Connect, options: ClientOptions = {}) {
    this.#onProtocolError = options.onProtocolError;
    const connect = typeof source === "function" ? source : () => source;
    this.#reconnects = typeof source === "function";
    this.#supervisor = new Supervisor({
      connect,
      reconnect: typeof source === "function" ? options.reconnect ?? {} : undefined,
      initialize: this.#reconnects ? resuming(options.initialize) : options.initialize,
      maxLineBytes: options.maxLineBytes ?? DEFAULT_LINE_BYTES,
      closeMs: options.closeTimeoutMs ?? DEFAULT_CLOSE_MS,
    }, {
      notification: (method, params) => this.#notified(method, params),
      protocolError: (error) => this.#report(error),
      pace: () => this.#pace(),
      opened: (connection) => this.#subscriptions.forEach((subscription) => subscription.attach(connection)),
      lost: () => this.#lost(),
      failed: (error) => {
        this.#over = true;
        this.#subscriptions.forEach((subscription) => subscription.fail(error));
      },
    });
    this.#supervisor.connect();
  }

  /** Resolves once there is a connection: with the answer to `initialize`, when that is sent. */
  ready(): Promise<InitializeResponse | undefined> {
    return new Promise((resolve, reject) => {
      this.#supervisor.use({ run: () => resolve(this.#supervisor.server), refuse: reject });
    });
  }

  /**
   * Calls a method. Calls are sent in the order made.
   * Rejects with `WorkroomError` when the server refuses, with `ConnectionClosedError` when it ends first.
   */
  call<M extends keyof Methods>(method: M, ...args: Args<Methods[M]["params"]>): Promise<Methods[M]["result"]>;
  call(method: string, params?: unknown, { signal, timeoutMs }: CallOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const giveUp = (reason: unknown) => {
        settled();
        cancel();
        reject(reason);
      };
      const aborted = () => giveUp(signal?.reason);
      const late = () => giveUp(new DOMException(`${method} has no answer after ${timeoutMs} ms`, "TimeoutError"));
      const timer = timeoutMs === undefined ? undefined : setTimeout(late, Math.min(timeoutMs, LONGEST_TIMEOUT_MS));
      const settled = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
      };
      signal?.addEventListener("abort", aborted, { once: true });
      let cancel = () => {};
      try {
        // After it was given up, a call is still answered; that answer finds the promise settled.
        cancel = this.#request(method, params, (outcome) => {
          settled();
          if ("error" in outcome) reject(outcome.error);
          else resolve(outcome.result);
        });
      } catch (error) {
        settled();
        throw error;
      }
    });
  }

  /** Sends a notification; resolves once the transport has taken it. */
  notify<N extends keyof ClientNotifications>(method: N, ...args: Params<ClientNotifications[N]>): Promise<void>;
  notify(method: string, params?: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(params);
      const refuse = (error: unknown) => reject(asClosed(error, method));
      const written = (error?: unknown) => (error === undefined ? resolve() : refuse(error));
      this.#supervisor.use({ run: (connection) => connection.notify(method, text, written), refuse });
    });
  }

  /** Listens to a notification of the server; returns what ends that. For events and the inbox, `subscribe` and `followInbox` do more. */
  on<N extends keyof ServerNotifications>(method: N, listener: (params: ServerNotifications[N]) => void): () => void {
    const listeners = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /**
   * Events, in order and each once: those after `after_seq` first, then live ones; without `after_seq` live ones only.
   * The server may begin a live one after writes that were sent right behind it: `await subscription.ready()` before
   * a write whose event must come.
   * Goes on by itself when the connection was lost and made again.
   * `break`, `return()`, the signal and `close` end it. Throws `WorkroomError` when the server refuses,
   * in particular `cursor_expired` when the position belongs to another store.
   */
  subscribe(params: SubscribeParams = {}, options: SubscribeOptions = {}): Subscription {
    return this.#follow((ended) => new Subscription({
      route: (id, subscription) => this.#routes.set(id, subscription),
      unroute: (id) => this.#routes.delete(id),
      ended,
    }, params, options));
  }

  /**
   * A view of the inbox: its first page, then what changes in it, also what members do in other clients.
   * With `as_of_seq` and `epoch` of an earlier update, also what has changed since.
   * Goes on by itself when the connection was lost and made again, and ends as `subscribe` does.
   */
  followInbox(params: InboxParams = {}, options: InboxOptions = {}): InboxSubscription {
    return this.#follow((ended) => new InboxSubscription({
      route: (id, subscription) => this.#inboxes.set(id, subscription),
      unroute: (id) => this.#inboxes.delete(id),
      ended,
    }, params, options));
  }

  /**
   * The approval once it has ended: approved, denied, expired, cancelled or superseded.
   * Asks again on each new connection when one is lost, so that it outlives the server. The signal gives it up.
   */
  async waitForApproval(approval_id: string, { signal }: Pick<CallOptions, "signal"> = {}): Promise<Approval> {
    for (;;) {
      try {
        return await this.call("approval/wait", { approval_id }, { signal });
      } catch (error) {
        // A server that is told to end answers `cancelled` first.
        const ended = error instanceof ConnectionClosedError
          || (error instanceof WorkroomError && error.kind === "cancelled");
        if (!ended || !this.#reconnects || this.#over || this.#closing) throw error;
      }
    }
  }

  #follow<S extends Followed>(make: (ended: (subscription: S) => void) => S): S {
    const closed = this.#closing;
    let forget = () => {};
    const subscription = make((ended) => {
      forget();
      this.#subscriptions.delete(ended);
    });
    forget = this.#supervisor.use({
      run: (connection) => {
        if (subscription.over) return;
        this.#subscriptions.add(subscription);
        subscription.attach(connection);
      },
      // One that still waits when the client is closed ends as quietly as the others.
      refuse: (error) => void (this.#closing && !closed ? subscription.return() : subscription.fail(error)),
    });
    if (subscription.over) forget();
    return subscription;
  }

  /**
   * Ends the subscriptions and the server's input, waits for the answers to all calls made, and for the server's end.
   * Calls made from then on reject with `ConnectionClosedError`.
   */
  async close(): Promise<void> {
    this.#closing = true;
    for (const subscription of [...this.#subscriptions]) void subscription.return();
    await this.#supervisor.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Sends a request as soon as it can be; returns what gives it up. Throws when `params` are not JSON. */
  #request(method: string, params: unknown, answer: Answer): () => void {
    const text = JSON.stringify(params) as string | undefined;
    let cancel = () => {};
    const withdraw = this.#supervisor.use({
      run: (connection) => {
        const error = this.#tooLarge(method, text);
        if (error !== undefined) return answer({ error });
        const id = connection.request(method, text, answer);
        cancel = () => connection.cancel(id);
      },
      refuse: (error) => answer({ error: asClosed(error, method) }),
    });
    return () => {
      withdraw();
      cancel();
    };
  }

  /** The server cannot tell whose line it was that it did not read, so such a line is not sent. */
  #tooLarge(method: string, params = ""): WorkroomError | undefined {
    const limit = this.#supervisor.server?.capabilities.limits.max_line_bytes ?? DEFAULT_REQUEST_BYTES;
    const envelope = 100 + method.length;
    // A UTF-16 unit is at most three bytes: only what might be too large is measured.
    if (params.length * 3 + envelope <= limit) return undefined;
    if (new TextEncoder().encode(params).length + envelope <= limit) return undefined;
    const message = `the params of ${method} are too large: the server takes ${limit} bytes`;
    return new WorkroomError(method, { code: ERROR_CODES.too_large, message, data: { kind: "too_large", limit } });
  }

  #notified(method: string, params: unknown): void {
    const listeners = this.#listeners.get(method);
    if (method === "event/appended") {
      const appended = parseAppended(params);
      if (appended === undefined) return this.#report(new ProtocolError("an event/appended without an event"));
      // One that belongs to no subscription was on its way when that one ended.
      this.#routes.get(appended.subscription_id)?.accept(appended.event);
    } else if (method === "inbox/changed") {
      const changed = parseChanged(params);
      if (changed === undefined) return this.#report(new ProtocolError("an inbox/changed without what has changed"));
      this.#inboxes.get(changed.subscription_id)?.accept(changed);
    } else if (method === "subscription/ended") {
      this.#subscriptionEnded(params);
    } else if (listeners === undefined) {
      return this.#report(new ProtocolError(`a notification \`${method}\` that nobody listens to`));
    }
    for (const listener of listeners ?? []) {
      try {
        listener(params as never);
      } catch (cause) {
        this.#report(new ProtocolError(`a listener of \`${method}\` threw`, { cause }));
      }
    }
  }

  /** The server shows a subscription nothing more: it ends with what subscribing once more would answer. */
  #subscriptionEnded(params: unknown): void {
    if (!isObject(params) || typeof params["subscription_id"] !== "string") return;
    const kind = params["reason"];
    const code = typeof kind === "string" && kind in ERROR_CODES ? ERROR_CODES[kind as keyof typeof ERROR_CODES] : 0;
    const message = kind === "unauthenticated" ? "the token is not good any more" : "it is not to be seen any more";
    const error = new WorkroomError("subscription/ended", { code, message, data: { kind } });
    const id = params["subscription_id"];
    (this.#routes.get(id) ?? this.#inboxes.get(id))?.fail(error);
  }

  /** Gives consumers a turn before more is read; what they do not take in it they are too slow for. */
  #pace(): Promise<void> | undefined {
    for (const subscription of this.#routes.values()) {
      if (subscription.crowded) return new Promise((resolve) => setTimeout(resolve, 0));
    }
    return undefined;
  }

  #lost(): boolean {
    this.#subscriptions.forEach((subscription) => subscription.detach());
    return this.#subscriptions.size > 0;
  }

  #report(error: ProtocolError): void {
    try {
      this.#onProtocolError?.(error);
    } catch {
      // There is nobody left to tell, and the connection must go on.
    }
  }
}

/** What is sent on each connection: an agent goes on in the session of the first one, under the same handle. */
function resuming(initialize: InitializeParams | undefined): InitializeParams | undefined {
  if (initialize?.agent == null || initialize.session_key != null) return initialize;
  return { ...initialize, session_key: randomKey() };
}

/** What nobody can guess: whoever has it resumes the session. */
function randomKey(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(32));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parseAppended(params: unknown): { subscription_id: string; event: WorkroomEvent } | undefined {
  if (!isObject(params) || typeof params["subscription_id"] !== "string" || !isObject(params["event"])) return undefined;
  if (typeof params["event"]["seq"] !== "number") return undefined;
  return params as unknown as { subscription_id: string; event: WorkroomEvent };
}

/** Why a call could not be made, named by the call. */
function asClosed(error: unknown, method: string): Error {
  if (error instanceof ConnectionClosedError) return error.during(method);
  if (error instanceof WorkroomError) return error;
  const why = error instanceof Error ? error.message : "no connection";
  return new ConnectionClosedError(`${method}: ${why}`, { method, cause: error });
}
