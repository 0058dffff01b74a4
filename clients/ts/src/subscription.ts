import type { Answer, Connection } from "./connection.js";
import { isObject, ProtocolError, WorkroomError } from "./errors.js";
import type { EventSubscribeParams, EventSubscribeResponse, WorkroomEvent } from "./generated.js";

/** The events of a subscription, and the position to start from. */
export type SubscribeParams = EventSubscribeParams;

/** Options of a subscription. */
export interface SubscribeOptions {
  /** Ends the subscription; the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The maximum number of events that wait for the consumer. Default: 1,024.
   * When it is reached, the client unsubscribes, and subscribes again from there after the consumer took half of them.
   * A slow consumer lags behind, but loses nothing and does not block the connection.
   */
  readonly maxQueue?: number | undefined;
}

/** A position in the log, in the form that `subscribe` and `event/list` accept. */
export interface Cursor {
  /** The position: events up to it were delivered. */
  readonly after_seq: number;
  /** The store that the position belongs to. */
  readonly epoch: string;
}

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
export interface SubscriptionHost {
  /** Sends the events of `subscriptionId` to `subscription` from now on. */
  route(subscriptionId: string, subscription: Subscription): void;
  /** Stops sending them. */
  unroute(subscriptionId: string): void;
  /** The subscription has ended. */
  ended(subscription: Subscription): void;
}

const DEFAULT_MAX_QUEUE = 1_024;

/** The wait after a `busy` error without a time. */
const BUSY_MS = 100;

type Next = IteratorResult<WorkroomEvent, undefined>;
interface Waiter { readonly resolve: (next: Next) => void; readonly reject: (error: unknown) => void }

/** Events in the order of the log, each exactly once, as an async iterable. */
export class Subscription implements AsyncIterableIterator<WorkroomEvent>, Followed {
  readonly #host: SubscriptionHost;
  readonly #filter: Omit<SubscribeParams, "after_seq" | "epoch">;
  readonly #maxQueue: number;
  readonly #signal: AbortSignal | undefined;
  readonly #aborted = () => this.#finish({ error: this.#signal?.reason });
  readonly #queue: WorkroomEvent[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #begun: Promise<void>;
  #began!: () => void;
  #notBegun!: (error: unknown) => void;
  #connection: Connection | undefined;
  /** The server's id of the subscription; absent while it is not active on the server. */
  #id: string | undefined;
  /** Counts the subscription attempts, so that the response to an abandoned attempt is recognized. */
  #attempt = 0;
  #lagging = false;
  #epoch: string | undefined;
  /** The last position received, from which to subscribe again. */
  #received: number | undefined;
  #delivered: number | undefined;
  #end: { readonly error?: unknown } | undefined;

  /** For the client; call `client.subscribe` instead. */
  constructor(host: SubscriptionHost, params: SubscribeParams, options: SubscribeOptions) {
    const { after_seq, epoch, ...filter } = params;
    this.#host = host;
    this.#filter = filter;
    this.#received = this.#delivered = after_seq ?? undefined;
    this.#epoch = epoch ?? undefined;
    this.#maxQueue = Math.max(1, options.maxQueue ?? DEFAULT_MAX_QUEUE);
    this.#signal = options.signal;
    this.#begun = new Promise((resolve, reject) => {
      this.#began = resolve;
      this.#notBegun = reject;
    });
    // A caller that does not await `ready` gets the error from the iteration.
    this.#begun.catch(() => {});
    if (this.#signal?.aborted) this.#aborted();
    else this.#signal?.addEventListener("abort", this.#aborted, { once: true });
  }

  /**
   * The position of the last event that was taken, or the start position if none was; absent before the server has
   * responded. Spread it into the params of a later `subscribe` to continue from there, also in another process.
   */
  get cursor(): Cursor | undefined {
    if (this.#delivered === undefined || this.#epoch === undefined) return undefined;
    return { after_seq: this.#delivered, epoch: this.#epoch };
  }

  /** Resolves when the server has the subscription. Events appended after that are delivered. */
  ready(): Promise<void> {
    return this.#begun;
  }

  /** The next event. */
  next(): Promise<Next> {
    const event = this.#queue.shift();
    if (event !== undefined) {
      this.#delivered = event.seq;
      if (this.#lagging && this.#queue.length <= this.#maxQueue / 2) this.#resume();
      return Promise.resolve({ value: event, done: false });
    }
    if (this.#end !== undefined) return this.#takeEnd();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Ends the subscription, like `break` in a `for await`. */
  return(): Promise<Next> {
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

  /** Whether reading more now would soon have to stop. For the client. */
  get crowded(): boolean {
    return this.#queue.length > this.#maxQueue / 2;
  }

  /** Called when there is a connection. For the client. */
  attach(connection: Connection): void {
    this.#connection = connection;
    if (this.#end === undefined && !this.#lagging) this.#subscribe();
  }

  /** Called when the connection is lost. For the client. */
  detach(): void {
    this.#retire();
    this.#connection = undefined;
  }

  /** Called when an event arrived. For the client. */
  accept(event: WorkroomEvent): void {
    if (this.#received !== undefined && event.seq <= this.#received) return;
    this.#received = event.seq;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      this.#delivered = event.seq;
      waiter.resolve({ value: event, done: false });
      return;
    }
    this.#queue.push(event);
    if (this.#queue.length >= this.#maxQueue) this.#pause();
  }

  /** Ends the iteration with `error`, after the queued events were taken. For the client. */
  fail(error: unknown): void {
    this.#finish({ error }, "keep the queue");
  }

  #resume(): void {
    this.#lagging = false;
    if (this.#connection !== undefined) this.#subscribe();
  }

  #pause(): void {
    this.#lagging = true;
    this.#unsubscribe();
  }

  #subscribe(): void {
    const attempt = ++this.#attempt;
    const connection = this.#connection;
    const position = { after_seq: this.#received, epoch: this.#epoch };
    const params = JSON.stringify({ ...this.#filter, ...position });
    connection?.request("event/subscribe", params, (outcome) => {
      if (attempt !== this.#attempt) {
        // It was abandoned before it started: the server must not continue to send what nobody reads.
        if ("result" in outcome) unsubscribe(connection, subscribed(outcome.result)?.subscription_id);
      } else if ("result" in outcome) {
        this.#begin(outcome.result);
      } else {
        this.#refused(outcome.error, attempt);
      }
    });
  }

  #begin(result: unknown): void {
    const answer = subscribed(result);
    if (answer === undefined) return this.fail(new ProtocolError("the response to event/subscribe is not valid"));
    this.#id = answer.subscription_id;
    this.#epoch = answer.epoch;
    // Live events come after the head. Without a position of its own, a subscription that has to subscribe again before
    // its first event would start at a later head.
    this.#received ??= answer.head_seq;
    this.#delivered ??= answer.head_seq;
    this.#host.route(this.#id, this);
    this.#began();
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

  #unsubscribe(): void {
    const id = this.#id;
    this.#retire();
    unsubscribe(this.#connection, id);
  }

  #retire(): void {
    this.#attempt += 1;
    if (this.#id !== undefined) this.#host.unroute(this.#id);
    this.#id = undefined;
  }

  #finish(end: { readonly error?: unknown }, queue: "drop" | "keep the queue" = "drop"): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#lagging = false;
    if (queue === "drop") this.#queue.length = 0;
    this.#signal?.removeEventListener("abort", this.#aborted);
    this.#unsubscribe();
    this.#notBegun("error" in end ? end.error : new Error("the subscription has ended"));
    for (const waiter of this.#waiters.splice(0)) this.#takeEnd().then(waiter.resolve, waiter.reject);
    this.#host.ended(this);
  }

  /** An error is thrown once; after that the iteration is at its end, as with any iterator. */
  #takeEnd(): Promise<Next> {
    const end = this.#end ?? {};
    this.#end = {};
    return "error" in end ? Promise.reject(end.error) : Promise.resolve({ value: undefined, done: true });
  }
}

const ignore: Answer = () => {};

function unsubscribe(connection: Connection | undefined, id: string | undefined): void {
  if (id === undefined) return;
  // The response does not matter: the subscription or the connection is gone.
  connection?.request("event/unsubscribe", JSON.stringify({ subscription_id: id }), ignore);
}

function subscribed(result: unknown): EventSubscribeResponse | undefined {
  const fits = isObject(result) && typeof result["subscription_id"] === "string"
    && typeof result["epoch"] === "string" && typeof result["head_seq"] === "number";
  return fits ? (result as unknown as EventSubscribeResponse) : undefined;
}
