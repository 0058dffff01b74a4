import { isObject } from "./errors.js";
import { type FollowHost, FollowedIterator } from "./followed.js";
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

const DEFAULT_MAX_QUEUE = 1_024;

/** Events in the order of the log, each exactly once, as an async iterable. */
export class Subscription extends FollowedIterator<WorkroomEvent, EventSubscribeResponse, Subscription> {
  readonly #filter: Omit<SubscribeParams, "after_seq" | "epoch">;
  readonly #maxQueue: number;
  readonly #queue: WorkroomEvent[] = [];
  readonly #begun: Promise<void>;
  #began!: () => void;
  #notBegun!: (error: unknown) => void;
  #lagging = false;
  /** The last position received, from which to subscribe again. */
  #received: number | undefined;
  #delivered: number | undefined;

  /** For the client; call `client.subscribe` instead. */
  constructor(host: FollowHost<Subscription>, params: SubscribeParams, options: SubscribeOptions) {
    super(host, "event", options.signal);
    const { after_seq, epoch, ...filter } = params;
    this.#filter = filter;
    this.#received = this.#delivered = after_seq ?? undefined;
    this.epoch = epoch ?? undefined;
    this.#maxQueue = Math.max(1, options.maxQueue ?? DEFAULT_MAX_QUEUE);
    this.#begun = new Promise((resolve, reject) => {
      this.#began = resolve;
      this.#notBegun = reject;
    });
    // A caller that does not await `ready` gets the error from the iteration.
    this.#begun.catch(() => {});
    this.listen();
  }

  /**
   * The position of the last event that was taken, or the start position if none was; absent before the server has
   * responded. Spread it into the params of a later `subscribe` to continue from there, also in another process.
   */
  get cursor(): Cursor | undefined {
    if (this.#delivered === undefined || this.epoch === undefined) return undefined;
    return { after_seq: this.#delivered, epoch: this.epoch };
  }

  /** Resolves when the server has the subscription. Events appended after that are delivered. */
  ready(): Promise<void> {
    return this.#begun;
  }

  /** Whether reading more now would soon have to stop. For the client. */
  get crowded(): boolean {
    return this.#queue.length > this.#maxQueue / 2;
  }

  /** Called when an event arrived. For the client. */
  accept(event: WorkroomEvent): void {
    if (this.#received !== undefined && event.seq <= this.#received) return;
    this.#received = event.seq;
    const handed = this.hand(() => {
      this.#delivered = event.seq;
      return event;
    });
    if (handed) return;
    this.#queue.push(event);
    if (this.#queue.length >= this.#maxQueue) {
      this.#lagging = true;
      this.pause();
    }
  }

  protected override wanted(): boolean {
    return !this.#lagging;
  }

  protected params(): object {
    return { ...this.#filter, after_seq: this.#received, epoch: this.epoch };
  }

  protected begun(result: unknown): EventSubscribeResponse | undefined {
    const fits = isObject(result) && typeof result["subscription_id"] === "string"
      && typeof result["epoch"] === "string" && typeof result["head_seq"] === "number";
    return fits ? (result as unknown as EventSubscribeResponse) : undefined;
  }

  protected began(response: EventSubscribeResponse): void {
    // Live events come after the head. Without a position of its own, a subscription that has to subscribe again before
    // its first event would start at a later head.
    this.#received ??= response.head_seq;
    this.#delivered ??= response.head_seq;
    this.#began();
  }

  protected take(): WorkroomEvent | undefined {
    const event = this.#queue.shift();
    if (event === undefined) return undefined;
    this.#delivered = event.seq;
    if (this.#lagging && this.#queue.length <= this.#maxQueue / 2) {
      this.#lagging = false;
      this.resume();
    }
    return event;
  }

  protected drop(): void {
    this.#queue.length = 0;
  }

  protected self(): Subscription {
    return this;
  }

  protected override finished(end: { readonly error?: unknown }): void {
    this.#lagging = false;
    this.#notBegun("error" in end ? end.error : new Error("the subscription has ended"));
  }
}
