import { Connection, type ConnectionEvents } from "./connection.js";
import { ConnectionClosedError, isObject, WorkroomError } from "./errors.js";
import type { InitializeParams, InitializeResponse } from "./generated.js";
import type { Connect } from "./transport.js";

/** How a lost connection is made again. */
export interface ReconnectOptions {
  /** How many connections in a row may fail, or last less than `maxDelayMs`, before the client gives up. Default: 10. */
  readonly attempts?: number | undefined;
  /** How long to wait before the second attempt, in milliseconds; doubles with each. Default: 100. */
  readonly minDelayMs?: number | undefined;
  /** How long to wait at most, in milliseconds. Default: 5,000. */
  readonly maxDelayMs?: number | undefined;
}

/** What a supervisor needs to know. */
export interface SupervisorOptions {
  readonly connect: Connect;
  /** How to connect again; absent when that cannot be done. */
  readonly reconnect: ReconnectOptions | undefined;
  readonly initialize: InitializeParams | undefined;
  readonly maxLineBytes: number;
  readonly closeMs: number;
}

/** What a supervisor tells its client. */
export interface SupervisorEvents extends Omit<ConnectionEvents, "closed"> {
  /** There is a connection again, and nothing has been sent on it. */
  opened(connection: Connection): void;
  /** The connection is gone; true when another one is wanted even if nobody calls. */
  lost(): boolean;
  /** There will be no connection any more. */
  failed(error: Error): void;
}

/** Something to be done on a connection. */
export interface Job {
  run(connection: Connection): void;
  refuse(error: Error): void;
}

/** Keeps one connection, and makes another when it was lost and is needed. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #events: SupervisorEvents;
  /** What waits for a connection, in the order in which it came. */
  readonly #waiting = new Set<Job>();
  /** The connection, also while `initialize` is not yet answered. */
  #current: Connection | undefined;
  /** The same once calls can be made on it. */
  #open: Connection | undefined;
  #connecting: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #failures = 0;
  #opens = 0;
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;
  /** What the server said of itself, when it was asked. */
  server: InitializeResponse | undefined;

  constructor(options: SupervisorOptions, events: SupervisorEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Runs `job` now, or as soon as there is a connection. Returns what takes back a job that still waits. */
  use(job: Job): () => void {
    if (this.#failure !== undefined) {
      job.refuse(this.#failure);
    } else if (this.#open !== undefined) {
      job.run(this.#open);
    } else {
      this.#waiting.add(job);
      this.connect();
    }
    return () => void this.#waiting.delete(job);
  }

  /** Makes a connection when there is none. */
  connect(): void {
    if (this.#failure === undefined && this.#open === undefined) this.#connecting ??= this.#connect();
  }

  /** Refuses what waits, lets the server answer what it was asked, and ends. Never rejects. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#fail(new ConnectionClosedError("the client was closed"));
    this.#wake?.();
    await this.#current?.end();
    await this.#settled(this.#connecting);
  }

  /** Waits for an attempt that was under way, but not for one that hangs: its transport is ended when it comes. */
  async #settled(connecting: Promise<void> | undefined): Promise<void> {
    let timer;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, this.#options.closeMs)));
    await Promise.race([connecting, patience]);
    clearTimeout(timer);
  }

  async #connect(): Promise<void> {
    while (this.#failure === undefined && this.#open === undefined) {
      if (this.#failures > 1) await this.#delay();
      try {
        await this.#attempt();
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#connecting = undefined;
  }

  async #attempt(): Promise<void> {
    if (this.#failure !== undefined) return;
    const made = this.#options.connect();
    // What is there at once is used at once: a call made right after the client is then under way when it is closed.
    const transport = "then" in made ? await made : made;
    const started = performance.now();
    const connection: Connection = new Connection(transport, {
      notification: (method, params) => this.#events.notification(method, params),
      protocolError: (error) => this.#events.protocolError(error),
      pace: () => this.#events.pace(),
      closed: (error) => this.#lost(connection, error, performance.now() - started),
    }, this.#options);
    this.#current = connection;
    if (this.#failure !== undefined) return connection.end();
    const { initialize } = this.#options;
    if (initialize === undefined) return this.#opened(connection);
    // Nothing else is sent before the answer: a server that refuses the token would do it as the local owner.
    await new Promise<void>((resolve, reject) => {
      connection.request("initialize", JSON.stringify(initialize), (outcome) => {
        if ("error" in outcome) {
          void connection.end();
          return reject(outcome.error);
        }
        this.server = isObject(outcome.result) ? (outcome.result as unknown as InitializeResponse) : undefined;
        connection.notify("initialized", "{}");
        this.#opened(connection);
        resolve();
      });
    });
  }

  #opened(connection: Connection): void {
    if (this.#failure !== undefined) return;
    this.#open = connection;
    this.#opens += 1;
    this.#events.opened(connection);
    for (const job of this.#waiting) {
      this.#waiting.delete(job);
      job.run(connection);
    }
  }

  #lost(connection: Connection, error: ConnectionClosedError, lastedMs: number): void {
    if (this.#current === connection) this.#current = undefined;
    // One that was never open is the business of the attempt that made it.
    if (this.#open !== connection) return;
    this.#open = undefined;
    const wanted = this.#events.lost();
    if (lastedMs >= this.#maxDelayMs) this.#failures = 0;
    this.#failed(error);
    if (wanted || this.#waiting.size > 0) this.connect();
  }

  #failed(error: unknown): void {
    const failure = error instanceof Error ? error : new ConnectionClosedError("no connection", { cause: error });
    const { reconnect } = this.#options;
    this.#failures += 1;
    // The first connection is not tried again: a wrong path or token should be told at once.
    const final = reconnect === undefined || this.#opens === 0 || this.#failures > (reconnect.attempts ?? 10);
    const refused = failure instanceof WorkroomError && failure.kind !== "busy";
    if (final || refused) this.#fail(failure);
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const job of this.#waiting) {
      this.#waiting.delete(job);
      job.refuse(error);
    }
    this.#events.failed(error);
  }

  get #maxDelayMs(): number {
    return this.#options.reconnect?.maxDelayMs ?? 5_000;
  }

  /** Waits before an attempt that follows at least two failures; after the first one there is no wait. */
  async #delay(): Promise<void> {
    const most = Math.min((this.#options.reconnect?.minDelayMs ?? 100) * 2 ** (this.#failures - 2), this.#maxDelayMs);
    await new Promise<void>((resolve) => {
      // Half of it by chance: clients that lost the same server do not come back as one.
      const timer = setTimeout(resolve, most * (0.5 + Math.random() / 2));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
