import type { Connection } from "./connection.js";
import { ProtocolError, WorkroomError } from "./errors.js";

/** Something that continues after a lost connection was restored. For the client. */
export interface Followed {
  /** Whether it has ended. */
  readonly over: boolean;
  /** Called when there is a connection. */
  attach(connection: Connection): void;
  /** Called when the connection is lost. */
  detach(): void;
  /** Ends it with an error. */
  fail(error: unknown): void;
  /** Ends it. */
  return(): Promise<unknown>;
}

/** The functions of the client that a subscription uses. */
export interface FollowHost<S> {
  /** Sends the notifications of `subscriptionId` to `subscription` from now on. */
  route(subscriptionId: string, subscription: S): void;
  /** Stops sending them. */
  unroute(subscriptionId: string): void;
  /** The subscription has ended. */
  ended(subscription: S): void;
}

/** What every response to a subscribe request contains. */
export interface Begun {
  readonly subscription_id: string;
  readonly epoch: string;
}

/** The wait after a `busy` error without a time. */
const BUSY_MS = 100;

interface Waiter<T> {
  readonly resolve: (next: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The base of all subscriptions: it subscribes again on each new connection and after `busy`, hands values to the
 * consumer, and ends once. What is queued, merged or dropped is up to each kind.
 */
export abstract class FollowedIterator<T, B extends Begun, S> implements AsyncIterableIterator<T>, Followed {
  /** The store that the position belongs to. */
  protected epoch: string | undefined;
  readonly #host: FollowHost<S>;
  readonly #noun: "event" | "inbox";
  readonly #signal: AbortSignal | undefined;
  readonly #aborted = () => this.#finish({ error: this.#signal?.reason });
  readonly #waiters: Waiter<T>[] = [];
  #connection: Connection | undefined;
  /** The server's id of the subscription; absent while it is not active on the server. */
  #id: string | undefined;
  /** Counts the subscription attempts, so that the response to an abandoned attempt is recognized. */
  #attempt = 0;
  #end: { readonly error?: unknown } | undefined;

  protected constructor(host: FollowHost<S>, noun: "event" | "inbox", signal: AbortSignal | undefined) {
    this.#host = host;
    this.#noun = noun;
    this.#signal = signal;
  }

  /** Listens to the signal. Called at the end of each constructor, because it may end the subscription at once. */
  protected listen(): void {
    if (this.#signal?.aborted) this.#aborted();
    else this.#signal?.addEventListener("abort", this.#aborted, { once: true });
  }

  /** The params of the next subscribe request: the filter, and the position to continue from. */
  protected abstract params(): object;
  /** Returns the response if it is valid. */
  protected abstract begun(result: unknown): B | undefined;
  /** Called when the server has the subscription. */
  protected abstract began(response: B): void;
  /** Takes the next value, if there is one. */
  protected abstract take(): T | undefined;
  /** Drops what was not taken. */
  protected abstract drop(): void;
  /** This, as the host knows it. */
  protected abstract self(): S;
  /** Whether to be subscribed while there is a connection. */
  protected wanted(): boolean {
    return true;
  }
  /** Called once, at the end. */
  protected finished(_end: { readonly error?: unknown }): void {}

  /** The next value. */
  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.take();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#end !== undefined) return this.#takeEnd();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Ends the subscription, like `break` in a `for await`. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#finish({});
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#finish({});
  }

  /** Whether the subscription has ended. For the client. */
  get over(): boolean {
    return this.#end !== undefined;
  }

  /** Called when there is a connection. For the client. */
  attach(connection: Connection): void {
    this.#connection = connection;
    if (this.#end === undefined && this.wanted()) this.#subscribe();
  }

  /** Called when the connection is lost. For the client. */
  detach(): void {
    this.#retire();
    this.#connection = undefined;
  }

  /** Ends the iteration with `error`, after what was received before was taken. For the client. */
  fail(error: unknown): void {
    this.#finish({ error }, "keep");
  }

  /** Gives the next value to a waiting consumer, and returns whether there was one. */
  protected hand(value: () => T | undefined): boolean {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) return false;
    const taken = value();
    if (taken === undefined) this.#waiters.unshift(waiter);
    else waiter.resolve({ value: taken, done: false });
    return true;
  }

  /** Subscribes again, if there is a connection. */
  protected resume(): void {
    if (this.#connection !== undefined) this.#subscribe();
  }

  /** Unsubscribes until `resume` is called. */
  protected pause(): void {
    const id = this.#id;
    this.#retire();
    this.#unsubscribe(this.#connection, id);
  }

  #subscribe(): void {
    const attempt = ++this.#attempt;
    const connection = this.#connection;
    connection?.request(`${this.#noun}/subscribe`, JSON.stringify(this.params()), (outcome) => {
      if (attempt !== this.#attempt) {
        // It was abandoned before it started: the server must not continue to send what nobody reads.
        if ("result" in outcome) this.#unsubscribe(connection, this.begun(outcome.result)?.subscription_id);
      } else if ("result" in outcome) {
        this.#begin(outcome.result);
      } else {
        this.#refused(outcome.error, attempt);
      }
    });
  }

  #begin(result: unknown): void {
    const response = this.begun(result);
    if (response === undefined) {
      return this.fail(new ProtocolError(`the response to ${this.#noun}/subscribe is not valid`));
    }
    this.#id = response.subscription_id;
    this.epoch = response.epoch;
    this.#host.route(this.#id, this.self());
    this.began(response);
  }

  #refused(error: Error, attempt: number): void {
    // The client handles a lost connection: it attaches a new one, or ends this subscription.
    if (!(error instanceof WorkroomError)) return;
    if (error.kind !== "busy") return this.fail(error);
    const wait = error.data["retry_after_ms"];
    setTimeout(() => {
      if (attempt === this.#attempt) this.#subscribe();
    }, typeof wait === "number" ? wait : BUSY_MS);
  }

  #retire(): void {
    this.#attempt += 1;
    if (this.#id !== undefined) this.#host.unroute(this.#id);
    this.#id = undefined;
  }

  #unsubscribe(connection: Connection | undefined, id: string | undefined): void {
    if (id === undefined) return;
    // The response does not matter: the subscription or the connection is gone.
    connection?.request(`${this.#noun}/unsubscribe`, JSON.stringify({ subscription_id: id }), () => {});
  }

  #finish(end: { readonly error?: unknown }, received: "drop" | "keep" = "drop"): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    if (received === "drop") this.drop();
    this.#signal?.removeEventListener("abort", this.#aborted);
    this.pause();
    this.finished(end);
    for (const waiter of this.#waiters.splice(0)) this.#takeEnd().then(waiter.resolve, waiter.reject);
    this.#host.ended(this.self());
  }

  /** An error is thrown once; after that the iteration is at its end, as with any iterator. */
  #takeEnd(): Promise<IteratorResult<T, undefined>> {
    const end = this.#end ?? {};
    this.#end = {};
    return "error" in end ? Promise.reject(end.error) : Promise.resolve({ value: undefined, done: true });
  }
}
