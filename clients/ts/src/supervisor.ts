import { Connection, type ConnectionEvents } from "./connection.js";
import { ConnectionClosedError, isObject, WorkroomError } from "./errors.js";
import type { InitializeParams, InitializeResponse } from "./generated.js";
import type { Connect } from "./transport.js";

/** How a lost connection is restored. */
export interface ReconnectOptions {
  /**
   * The number of connections in a row that may fail, or last less than `maxDelayMs`, before the client gives up.
   * Default: 10.
   */
  readonly attempts?: number | undefined;
  /** The wait before the second attempt, in milliseconds; it doubles with each attempt. Default: 100. */
  readonly minDelayMs?: number | undefined;
  /** The maximum wait, in milliseconds. Default: 5,000. */
  readonly maxDelayMs?: number | undefined;
}

/** The settings of a supervisor. */
export interface SupervisorOptions {
  readonly connect: Connect;
  /** Creates a new connection; absent if that is not possible. */
  readonly reconnect: ReconnectOptions | undefined;
  readonly initialize: InitializeParams | undefined;
  readonly maxLineBytes: number;
  readonly closeMs: number;
}

/** The callbacks of a supervisor. */
export interface SupervisorEvents extends Omit<ConnectionEvents, "closed"> {
  /** There is a new connection, on which nothing was sent yet. */
  opened(connection: Connection): void;
  /** The connection is lost; returns whether another one is needed even if nobody makes a call. */
  lost(): boolean;
  /** The client has ended: there will be no further connection. */
  failed(error: Error): void;
}

/** Something to do on a connection. */
export interface Job {
  run(connection: Connection): void;
  refuse(error: Error): void;
}

/** Keeps one connection, and replaces it when it was lost and is needed. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #events: SupervisorEvents;
  /** The jobs that wait for a connection, in their order. */
  readonly #waiting = new Set<Job>();
  /** The connection, also while `initialize` is not answered yet. */
  #current: Connection | undefined;
  /** The connection when calls can be made on it. */
  #open: Connection | undefined;
  #connecting: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #failures = 0;
  #opens = 0;
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;
  /** The server's response to `initialize`, if it was sent. */
  server: InitializeResponse | undefined;

  constructor(options: SupervisorOptions, events: SupervisorEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Runs `job` now, or as soon as there is a connection. Returns a function that removes a waiting job. */
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

  /** Connects if there is no connection. */
  connect(): void {
    if (this.#failure === undefined && this.#open === undefined) this.#connecting ??= this.#connect();
  }

  /** Rejects waiting jobs, lets the server answer pending requests, and ends. Never rejects. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#fail(new ConnectionClosedError("the client was closed"));
    this.#wake?.();
    await this.#current?.end();
    await this.#settled(this.#connecting);
  }

  /** Waits for an attempt in progress, but not for one that hangs: its transport is ended when it arrives. */
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
    // An available transport is used immediately, so that a call made right after the client was created is in progress
    // when the client is closed.
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
    // Nothing else is sent before the response: a server that rejects the token would process it as the local owner.
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
    // A connection that never opened is handled by the attempt that created it.
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
    // The first connection is not retried: a wrong path or token should be reported immediately.
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

  /** Waits before an attempt that follows at least two failures. There is no wait after the first failure. */
  async #delay(): Promise<void> {
    const most = Math.min((this.#options.reconnect?.minDelayMs ?? 100) * 2 ** (this.#failures - 2), this.#maxDelayMs);
    await new Promise<void>((resolve) => {
      // Half of the wait is random, so that clients which lost the same server do not all return at once.
      const timer = setTimeout(resolve, most * (0.5 + Math.random() / 2));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
