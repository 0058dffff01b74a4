import type { Answer, Connection } from "./connection.js";
import { isObject, ProtocolError, WorkroomError } from "./errors.js";
import type { EventSubscribeParams, EventSubscribeResponse, WorkroomEvent } from "./generated.js";

/** Which events a subscription is about, and from where on. */
export type SubscribeParams = EventSubscribeParams;

/** How a subscription behaves. */
export interface SubscribeOptions {
  /** Ends the subscription; the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How many events may wait for the consumer. Default: 1,024.
   * With that many waiting the client unsubscribes, and subscribes again from there once half of them are taken:
   * a slow consumer lags, loses nothing and does not hold up the connection.
   */
  readonly maxQueue?: number | undefined;
}

/** A position in the log, in the shape in which `subscribe` and `event/list` take it. */
export interface Cursor {
  /** The position: what was up to here was delivered. */
  readonly after_seq: number;
  /** The store that the position belongs to. */
  readonly epoch: string;
}

/** Something that goes on from where it was when a lost connection is made again. For the client. */
export interface Followed {
  /** Whether it has ended. */
  readonly over: boolean;
  /** There is a connection to be live on. */
  attach(connection: Connection): void;
  /** The connection is gone. */
  detach(): void;
  /** Ends it with an error. */
  fail(error: unknown): void;
  /** Ends it. */
  return(): Promise<unknown>;
}

/** What a subscription needs of its client. */
export interface SubscriptionHost {
  /** Sends the events of `subscriptionId` to `subscription` from now on. */
  route(subscriptionId: string, subscription: Subscription): void;
  /** Stops doing so. */
  unroute(subscriptionId: string): void;
  /** The subscription has ended. */
  ended(subscription: Subscription): void;
}

const DEFAULT_MAX_QUEUE = 1_024;

/** How long to wait after a `busy` that does not say. */
const BUSY_MS = 100;

type Next = IteratorResult<WorkroomEvent, undefined>;
interface Waiter { readonly resolve: (next: Next) => void; readonly reject: (error: unknown) => void }

/** Events in the order of the log, each once, for as long as somebody iterates. */
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
  /** What the server calls the subscription; absent while it is not live. */
  #id: string | undefined;
  /** Counts the attempts to subscribe, so that the answer to one that was given up is known as such. */
  #attempt = 0;
  #lagging = false;
  #epoch: string | undefined;
  /** The last position that was received: where to subscribe again. */
  #received: number | undefined;
  #delivered: number | undefined;
  #end: { readonly error?: unknown } | undefined;

  /** For the client; use `client.subscribe`. */
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
    // Who does not ask for `ready` learns of a failure from the iteration.
    this.#begun.catch(() => {});
    if (this.#signal?.aborted) this.#aborted();
    else this.#signal?.addEventListener("abort", this.#aborted, { once: true });
  }

  /**
   * The position of the last event that was taken out, or of the beginning when none was; absent before the server
   * has answered. Spread it into the params of a later `subscribe` to go on from there, also in another process.
   */
  get cursor(): Cursor | undefined {
    if (this.#delivered === undefined || this.#epoch === undefined) return undefined;
    return { after_seq: this.#delivered, epoch: this.#epoch };
  }

  /** Resolves once the server has the subscription: what is appended from then on is delivered. */
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

  /** Ends the subscription, as `break` in a `for await` does. */
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

  /** Whether it has ended. For the client. */
  get over(): boolean {
    return this.#end !== undefined;
  }

  /** Whether reading more now would soon have to be stopped. For the client. */
  get crowded(): boolean {
    return this.#queue.length > this.#maxQueue / 2;
  }

  /** There is a connection to be live on. For the client. */
  attach(connection: Connection): void {
    this.#connection = connection;
    if (this.#end === undefined && !this.#lagging) this.#subscribe();
  }

  /** The connection is gone. For the client. */
  detach(): void {
    this.#retire();
    this.#connection = undefined;
  }

  /** An event has come. For the client. */
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

  /** Ends the iteration with `error`, once what is queued has been taken. For the client. */
  fail(error: unknown): void {
    this.#finish({ error }, "keep what is queued");
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
        // Given up before it began: the server must not go on to send what nobody takes.
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
    if (answer === undefined) return this.fail(new ProtocolError("the answer to event/subscribe is not one"));
    this.#id = answer.subscription_id;
    this.#epoch = answer.epoch;
    // Live events come after the head. Without a position of its own, the subscription would begin
    // at a later head when it has to subscribe again before its first event.
    this.#received ??= answer.head_seq;
    this.#delivered ??= answer.head_seq;
    this.#host.route(this.#id, this);
    this.#began();
  }

  #refused(error: Error, attempt: number): void {
    // The loss of the connection is the client's to deal with: it attaches another one, or ends this.
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

  #finish(end: { readonly error?: unknown }, queue: "drop" | "keep what is queued" = "drop"): void {
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

  /** An error is thrown once; after it the iteration is at its end, as with any iterator. */
  #takeEnd(): Promise<Next> {
    const end = this.#end ?? {};
    this.#end = {};
    return "error" in end ? Promise.reject(end.error) : Promise.resolve({ value: undefined, done: true });
  }
}

const ignore: Answer = () => {};

function unsubscribe(connection: Connection | undefined, id: string | undefined): void {
  if (id === undefined) return;
  // The answer does not matter: the subscription is gone, or the connection is.
  connection?.request("event/unsubscribe", JSON.stringify({ subscription_id: id }), ignore);
}

function subscribed(result: unknown): EventSubscribeResponse | undefined {
  const fits = isObject(result) && typeof result["subscription_id"] === "string"
    && typeof result["epoch"] === "string" && typeof result["head_seq"] === "number";
  return fits ? (result as unknown as EventSubscribeResponse) : undefined;
}
