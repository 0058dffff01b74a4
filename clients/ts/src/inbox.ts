import type { Connection } from "./connection.js";
import { isObject, ProtocolError, WorkroomError } from "./errors.js";
import type { InboxChanged, InboxCounts, InboxItem, InboxSubscribeParams, InboxSubscribeResponse } from "./generated.js";
import type { Followed } from "./subscription.js";

/** The part of the inbox to follow. */
export type InboxParams = InboxSubscribeParams;

/** Options of an inbox subscription. */
export interface InboxOptions {
  /** Ends the subscription; the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What changed since the previous update. The first update contains the first page. */
export interface InboxUpdate {
  /** Items that are in the view, in their current state. */
  readonly items: readonly InboxItem[];
  /** Threads that are not in the view now, whether or not the client knows them. */
  readonly removed: readonly string[];
  /** The number of items in each view. */
  readonly counts: InboxCounts;
  /** The position to continue from, together with `epoch`, also in another process. */
  readonly as_of_seq: number;
  /** The store that the position belongs to. */
  readonly epoch: string;
}

/** The functions of the client that an inbox subscription uses. */
export interface InboxHost {
  route(subscriptionId: string, subscription: InboxSubscription): void;
  unroute(subscriptionId: string): void;
  ended(subscription: InboxSubscription): void;
}

/** The wait after a `busy` error without a time. */
const BUSY_MS = 100;

type Next = IteratorResult<InboxUpdate, undefined>;
interface Waiter { readonly resolve: (next: Next) => void; readonly reject: (error: unknown) => void }

/**
 * The changes of a view of the inbox, as an async iterable. If the consumer is slow, changes are merged: only the last
 * state of each item is kept, never a queue.
 */
export class InboxSubscription implements AsyncIterableIterator<InboxUpdate>, Followed {
  readonly #host: InboxHost;
  readonly #filter: Omit<InboxParams, "as_of_seq" | "epoch">;
  readonly #signal: AbortSignal | undefined;
  readonly #aborted = () => this.#finish({ error: this.#signal?.reason });
  readonly #waiters: Waiter[] = [];
  /** The last state of each thread that the consumer has not taken yet; absent items are not in the view. */
  readonly #pending = new Map<string, InboxItem | undefined>();
  #update: Pick<InboxUpdate, "counts" | "as_of_seq"> | undefined;
  #connection: Connection | undefined;
  #id: string | undefined;
  /** Counts the subscription attempts, so that the response to an abandoned attempt is recognized. */
  #attempt = 0;
  #epoch: string | undefined;
  #position: number | undefined;
  #end: { readonly error?: unknown } | undefined;

  /** For the client; call `client.followInbox` instead. */
  constructor(host: InboxHost, params: InboxParams, options: InboxOptions) {
    const { as_of_seq, epoch, ...filter } = params;
    this.#host = host;
    this.#filter = filter;
    this.#position = as_of_seq ?? undefined;
    this.#epoch = epoch ?? undefined;
    this.#signal = options.signal;
    if (this.#signal?.aborted) this.#aborted();
    else this.#signal?.addEventListener("abort", this.#aborted, { once: true });
  }

  /** The changes since the last update that was taken. */
  next(): Promise<Next> {
    const update = this.#take();
    if (update !== undefined) return Promise.resolve({ value: update, done: false });
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

  /** Called when there is a connection. For the client. */
  attach(connection: Connection): void {
    this.#connection = connection;
    if (this.#end === undefined) this.#subscribe();
  }

  /** Called when the connection is lost. For the client. */
  detach(): void {
    this.#retire();
    this.#connection = undefined;
  }

  /** Called when something changed. For the client. */
  accept(changed: Pick<InboxChanged, "items" | "removed" | "counts" | "as_of_seq">): void {
    for (const item of changed.items) this.#pending.set(item.thread_id, item);
    for (const thread of changed.removed) this.#pending.set(thread, undefined);
    this.#position = changed.as_of_seq;
    this.#update = { counts: changed.counts, as_of_seq: changed.as_of_seq };
    const waiter = this.#waiters.shift();
    if (waiter === undefined) return;
    const update = this.#take();
    if (update !== undefined) waiter.resolve({ value: update, done: false });
  }

  /** Ends the iteration with `error`, after earlier changes were taken. For the client. */
  fail(error: unknown): void {
    this.#finish({ error }, "keep the changes");
  }

  #take(): InboxUpdate | undefined {
    if (this.#update === undefined || this.#epoch === undefined) return undefined;
    const items: InboxItem[] = [];
    const removed: string[] = [];
    for (const [thread, item] of this.#pending) {
      if (item === undefined) removed.push(thread);
      else items.push(item);
    }
    const update = { items, removed, ...this.#update, epoch: this.#epoch };
    this.#pending.clear();
    this.#update = undefined;
    return update;
  }

  #subscribe(): void {
    const attempt = ++this.#attempt;
    const connection = this.#connection;
    const params = JSON.stringify({ ...this.#filter, as_of_seq: this.#position, epoch: this.#epoch });
    connection?.request("inbox/subscribe", params, (outcome) => {
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
    if (answer === undefined) return this.fail(new ProtocolError("the response to inbox/subscribe is not valid"));
    this.#id = answer.subscription_id;
    this.#epoch = answer.epoch;
    this.#host.route(this.#id, this);
    // After a resumption the changes since the old position are still to come, so the position stays unchanged until
    // then.
    const as_of_seq = this.#position ?? answer.as_of_seq;
    this.accept({ items: answer.items, removed: [], counts: answer.counts, as_of_seq });
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

  #finish(end: { readonly error?: unknown }, changes: "drop" | "keep the changes" = "drop"): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    if (changes === "drop") this.#update = undefined;
    this.#signal?.removeEventListener("abort", this.#aborted);
    const id = this.#id;
    this.#retire();
    unsubscribe(this.#connection, id);
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

function unsubscribe(connection: Connection | undefined, id: string | undefined): void {
  if (id === undefined) return;
  // The response does not matter: the subscription or the connection is gone.
  connection?.request("inbox/unsubscribe", JSON.stringify({ subscription_id: id }), () => {});
}

function subscribed(result: unknown): InboxSubscribeResponse | undefined {
  const fits = isObject(result) && typeof result["subscription_id"] === "string"
    && typeof result["epoch"] === "string" && typeof result["as_of_seq"] === "number"
    && Array.isArray(result["items"]) && isObject(result["counts"]);
  return fits ? (result as unknown as InboxSubscribeResponse) : undefined;
}

/** Returns the params of `inbox/changed` if they are valid. For the client. */
export function parseChanged(params: unknown): InboxChanged | undefined {
  const fits = isObject(params) && typeof params["subscription_id"] === "string"
    && typeof params["as_of_seq"] === "number" && Array.isArray(params["items"])
    && Array.isArray(params["removed"]) && isObject(params["counts"]);
  return fits ? (params as unknown as InboxChanged) : undefined;
}
