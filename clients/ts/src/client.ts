/// <reference lib="esnext.disposable" preserve="true" />
import type { Answer } from "./connection.js";
import { ConnectionClosedError, isObject, ProtocolError, WorkroomError } from "./errors.js";
import {
  type Approval, type ClientNotifications, ERROR_CODES, type InitializeParams, type InitializeResponse, type Methods,
  type ServerNotifications, type WorkroomEvent,
} from "./generated.js";
import { type InboxOptions, type InboxParams, InboxSubscription, parseChanged } from "./inbox.js";
import type { Followed } from "./followed.js";
import { Subscription, type SubscribeOptions, type SubscribeParams } from "./subscription.js";
import type { Channel } from "./channel.js";
import { type ReconnectOptions, Supervisor } from "./supervisor.js";
import type { Connect, Transport } from "./transport.js";

/** Options of a client. */
export interface ClientOptions {
  /**
   * Sent first on each connection; calls wait for its response. An `agent` keeps its session after a lost connection:
   * if it has no `session_key`, the client creates one.
   */
  readonly initialize?: InitializeParams | undefined;
  /** Called for messages that were skipped because they violate the protocol. */
  readonly onProtocolError?: ((error: ProtocolError) => void) | undefined;
  /** How to restore a lost connection, for a client that was given a function that creates connections. */
  readonly reconnect?: ReconnectOptions | undefined;
  /** The maximum length of a line of input in bytes; longer lines are skipped. Default: 64 MiB. */
  readonly maxLineBytes?: number | undefined;
  /** How long `close` waits for the server before it kills it, in milliseconds. Default: 5,000. */
  readonly closeTimeoutMs?: number | undefined;
}

/** Options of a call. */
export interface CallOptions {
  /**
   * Aborts the call: it rejects with the signal's reason immediately, and the server is asked to cancel it.
   * A write that has started is not undone. A retry with the same `idempotency_key` returns the result of the first
   * call.
   */
  readonly signal?: AbortSignal | undefined;
  /** Aborts the call after this many milliseconds: it rejects with a `TimeoutError`. */
  readonly timeoutMs?: number | undefined;
}

type Params<P> = Record<never, never> extends P ? [params?: P | undefined] : [params: P];
type Args<P> = Record<never, never> extends P
  ? [params?: P | undefined, options?: CallOptions | undefined]
  : [params: P, options?: CallOptions | undefined];

/** The server's default limit for a line. The response to `initialize` contains the actual limit. */
const DEFAULT_REQUEST_BYTES = 16 * 1024 * 1024;
/** The server's responses are much smaller than this. The limit protects against a peer that is not a server. */
const DEFAULT_LINE_BYTES = 64 * 1024 * 1024;
const DEFAULT_CLOSE_MS = 5_000;
/** `setTimeout` treats longer times as zero. */
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
  /** Whether the client has ended, so that there will be no further connection. */
  #over = false;

  /**
   * Connects over `source`. If `source` is a function, a lost connection is restored as soon as it is needed:
   * calls without a response reject with `ConnectionClosedError`, and subscriptions continue where they were.
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

  /** Resolves when there is a connection, with the response to `initialize` if one was sent. */
  ready(): Promise<InitializeResponse | undefined> {
    return new Promise((resolve, reject) => {
      this.#supervisor.use({ run: () => resolve(this.#supervisor.server), refuse: reject });
    });
  }

  /**
   * Calls a method. Calls are sent in the order in which they are made.
   * Rejects with `WorkroomError` if the server returns an error, and with `ConnectionClosedError` if the connection
   * ends first.
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
      const late = () => giveUp(new DOMException(`${method} had no response after ${timeoutMs} ms`, "TimeoutError"));
      const timer = timeoutMs === undefined ? undefined : setTimeout(late, Math.min(timeoutMs, LONGEST_TIMEOUT_MS));
      const settled = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
      };
      signal?.addEventListener("abort", aborted, { once: true });
      let cancel = () => {};
      try {
        // The server also answers an aborted call; the promise is settled by then.
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

  /** Sends a notification; resolves when the transport has taken it. */
  notify<N extends keyof ClientNotifications>(method: N, ...args: Params<ClientNotifications[N]>): Promise<void>;
  notify(method: string, params?: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const text = JSON.stringify(params);
      const refuse = (error: unknown) => reject(asClosed(error, method));
      const written = (error?: unknown) => (error === undefined ? resolve() : refuse(error));
      this.#supervisor.use({ run: (connection) => connection.notify(method, text, written), refuse });
    });
  }

  /**
   * Listens to a notification from the server; returns a function that stops it. For events and the inbox, use
   * `subscribe` and `followInbox` instead.
   */
  on<N extends keyof ServerNotifications>(method: N, listener: (params: ServerNotifications[N]) => void): () => void {
    const listeners = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /**
   * Returns events, in order and each exactly once: those after `after_seq` first, then live events. Without
   * `after_seq`, it
   * returns only live events.
   * The server may start a live subscription after writes that were sent immediately after it: await
   * `subscription.ready()` before a write whose event you need.
   * Continues automatically after a lost connection was restored.
   * `break`, `return()`, the signal and `close` end it. Throws `WorkroomError` if the server returns an error, in
   * particular `cursor_expired` if the position belongs to another store.
   */
  subscribe(params: SubscribeParams = {}, options: SubscribeOptions = {}): Subscription {
    return this.#follow((ended) => new Subscription({
      route: (id, subscription) => this.#routes.set(id, subscription),
      unroute: (id) => this.#routes.delete(id),
      ended,
    }, params, options));
  }

  /**
   * Returns a view of the inbox: its first page, then its changes, including changes by members in other clients.
   * With `as_of_seq` and `epoch` of an earlier update, it also returns what changed since then.
   * Continues automatically after a lost connection was restored, and ends like `subscribe`.
   */
  followInbox(params: InboxParams = {}, options: InboxOptions = {}): InboxSubscription {
    return this.#follow((ended) => new InboxSubscription({
      route: (id, subscription) => this.#inboxes.set(id, subscription),
      unroute: (id) => this.#inboxes.delete(id),
      ended,
    }, params, options));
  }

  /**
   * Waits for an approval to be approved, denied, expired, cancelled or superseded, and returns it.
   * After a lost connection it asks again, so it survives restarts of the server. The signal aborts it.
   */
  async waitForApproval(approval_id: string, { signal }: Pick<CallOptions, "signal"> = {}): Promise<Approval> {
    for (;;) {
      try {
        return await this.call("approval/wait", { approval_id }, { signal });
      } catch (error) {
        // A server that is being stopped responds with `cancelled` first.
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
      // A wait that is still pending when the client is closed ends as quietly as the others.
      refuse: (error) => void (this.#closing && !closed ? subscription.return() : subscription.fail(error)),
    });
    if (subscription.over) forget();
    return subscription;
  }

  /**
   * Ends the subscriptions and the server's input, and waits for the responses to all calls and for the server to stop.
   * Later calls reject with `ConnectionClosedError`.
   */
  async close(): Promise<void> {
    this.#closing = true;
    for (const subscription of [...this.#subscriptions]) void subscription.return();
    await this.#supervisor.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Sends a request as soon as possible; returns a function that aborts it. Throws if `params` cannot be serialized as
   * JSON.
   */
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

  /** If a line is too long, the server cannot know which call it belongs to, so it is not sent. */
  #tooLarge(method: string, params = ""): WorkroomError | undefined {
    const limit = this.#supervisor.server?.capabilities.limits.max_line_bytes ?? DEFAULT_REQUEST_BYTES;
    const envelope = 100 + method.length;
    // A UTF-16 unit has at most three bytes, so only strings that may be too large are measured.
    if (params.length * 3 + envelope <= limit) return undefined;
    if (new TextEncoder().encode(params).length + envelope <= limit) return undefined;
    const message = `the params of ${method} are too large: the server accepts ${limit} bytes`;
    return new WorkroomError(method, { code: ERROR_CODES.too_large, message, data: { kind: "too_large", limit } });
  }

  #notified(method: string, params: unknown): void {
    const listeners = this.#listeners.get(method);
    if (method === "event/appended") {
      const appended = parseAppended(params);
      if (appended === undefined) return this.#report(new ProtocolError("received event/appended without an event"));
      // An event without a subscription was in transit when its subscription ended.
      this.#routes.get(appended.subscription_id)?.accept(appended.event);
    } else if (method === "inbox/changed") {
      const changed = parseChanged(params);
      if (changed === undefined) return this.#report(new ProtocolError("received an inbox/changed that is not valid"));
      this.#inboxes.get(changed.subscription_id)?.accept(changed);
    } else if (method === "subscription/ended") {
      this.#subscriptionEnded(params);
    } else if (listeners === undefined) {
      return this.#report(new ProtocolError(`received a notification \`${method}\` that has no listener`));
    }
    for (const listener of listeners ?? []) {
      try {
        listener(params as never);
      } catch (cause) {
        this.#report(new ProtocolError(`a listener of \`${method}\` threw`, { cause }));
      }
    }
  }

  /** The server ended a subscription, which then fails with the error that subscribing again would return. */
  #subscriptionEnded(params: unknown): void {
    if (!isObject(params) || typeof params["subscription_id"] !== "string") return;
    const kind = params["reason"];
    const code = typeof kind === "string" && kind in ERROR_CODES ? ERROR_CODES[kind as keyof typeof ERROR_CODES] : 0;
    const message = kind === "unauthenticated" ? "the token is no longer valid" : "it is no longer visible";
    const error = new WorkroomError("subscription/ended", { code, message, data: { kind } });
    const id = params["subscription_id"];
    (this.#routes.get(id) ?? this.#inboxes.get(id))?.fail(error);
  }

  /** Gives consumers a turn before more is read. What they do not take in that turn counts as waiting. */
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
      // Nobody can receive this error, and the connection must continue.
    }
  }
}

/** Returns the params to send on each connection: an agent continues its first session, with the same handle. */
function resuming(initialize: InitializeParams | undefined): InitializeParams | undefined {
  if (initialize?.agent == null || initialize.session_key != null) return initialize;
  return { ...initialize, session_key: randomKey() };
}

/** Returns a key that nobody can guess: anybody who has it can resume the session. */
function randomKey(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(32));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parseAppended(params: unknown): { subscription_id: string; event: WorkroomEvent } | undefined {
  if (!isObject(params) || typeof params["subscription_id"] !== "string" || !isObject(params["event"])) return undefined;
  if (typeof params["event"]["seq"] !== "number") return undefined;
  return params as unknown as { subscription_id: string; event: WorkroomEvent };
}

/** Returns the error for a call that could not be made; its message names the method. */
function asClosed(error: unknown, method: string): Error {
  if (error instanceof ConnectionClosedError) return error.during(method);
  if (error instanceof WorkroomError) return error;
  const why = error instanceof Error ? error.message : "no connection";
  return new ConnectionClosedError(`${method}: ${why}`, { method, cause: error });
}
