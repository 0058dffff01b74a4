import { isObject } from "./errors.js";
import { type FollowHost, FollowedIterator } from "./followed.js";
import type { InboxChanged, InboxCounts, InboxItem, InboxSubscribeParams, InboxSubscribeResponse } from "./generated.js";

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

/**
 * The changes of a view of the inbox, as an async iterable. If the consumer is slow, changes are merged: only the last
 * state of each item is kept, never a queue.
 */
export class InboxSubscription extends FollowedIterator<InboxUpdate, InboxSubscribeResponse, InboxSubscription> {
  readonly #filter: Omit<InboxParams, "as_of_seq" | "epoch">;
  /** The last state of each thread that the consumer has not taken yet; absent items are not in the view. */
  readonly #pending = new Map<string, InboxItem | undefined>();
  #update: Pick<InboxUpdate, "counts" | "as_of_seq"> | undefined;
  #position: number | undefined;

  /** For the client; call `client.followInbox` instead. */
  constructor(host: FollowHost<InboxSubscription>, params: InboxParams, options: InboxOptions) {
    super(host, "inbox", options.signal);
    const { as_of_seq, epoch, ...filter } = params;
    this.#filter = filter;
    this.#position = as_of_seq ?? undefined;
    this.epoch = epoch ?? undefined;
    this.listen();
  }

  /** Called when something changed. For the client. */
  accept(changed: Pick<InboxChanged, "items" | "removed" | "counts" | "as_of_seq">): void {
    for (const item of changed.items) this.#pending.set(item.thread_id, item);
    for (const thread of changed.removed) this.#pending.set(thread, undefined);
    this.#position = changed.as_of_seq;
    this.#update = { counts: changed.counts, as_of_seq: changed.as_of_seq };
    this.hand(() => this.take());
  }

  protected params(): object {
    return { ...this.#filter, as_of_seq: this.#position, epoch: this.epoch };
  }

  protected begun(result: unknown): InboxSubscribeResponse | undefined {
    const fits = isObject(result) && typeof result["subscription_id"] === "string"
      && typeof result["epoch"] === "string" && typeof result["as_of_seq"] === "number"
      && Array.isArray(result["items"]) && isObject(result["counts"]);
    return fits ? (result as unknown as InboxSubscribeResponse) : undefined;
  }

  protected began(response: InboxSubscribeResponse): void {
    // After a resumption the changes since the old position are still to come, so the position stays unchanged until
    // then.
    const as_of_seq = this.#position ?? response.as_of_seq;
    this.accept({ items: response.items, removed: [], counts: response.counts, as_of_seq });
  }

  protected take(): InboxUpdate | undefined {
    if (this.#update === undefined || this.epoch === undefined) return undefined;
    const items: InboxItem[] = [];
    const removed: string[] = [];
    for (const [thread, item] of this.#pending) {
      if (item === undefined) removed.push(thread);
      else items.push(item);
    }
    const update = { items, removed, ...this.#update, epoch: this.epoch };
    this.#pending.clear();
    this.#update = undefined;
    return update;
  }

  protected drop(): void {
    this.#update = undefined;
  }

  protected self(): InboxSubscription {
    return this;
  }
}

/** Returns the params of `inbox/changed` if they are valid. For the client. */
export function parseChanged(params: unknown): InboxChanged | undefined {
  const fits = isObject(params) && typeof params["subscription_id"] === "string"
    && typeof params["as_of_seq"] === "number" && Array.isArray(params["items"])
    && Array.isArray(params["removed"]) && isObject(params["counts"]);
  return fits ? (params as unknown as InboxChanged) : undefined;
}
