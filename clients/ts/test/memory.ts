import type { Transport, WorkroomEvent } from "workroom-client";

/** A message as it is on the wire. */
export interface Message {
  id?: number;
  method: string;
  params?: Record<string, unknown>;
}

/** The other end of a transport in memory. */
export class Peer {
  readonly transport: Transport;
  /** Everything the client has sent. */
  readonly received: Message[] = [];
  terminated = false;
  /** Resolves when the client has ended its output. */
  readonly inputEnded: Promise<void>;
  readonly #output: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiters: (() => void)[] = [];
  readonly #handle: (message: Message, peer: Peer) => void;

  /** `handle` is told of each message of the client; by default nothing is answered. */
  constructor(handle: (message: Message, peer: Peer) => void = () => {}) {
    const input = new TransformStream<Uint8Array, Uint8Array>();
    const output = new TransformStream<Uint8Array, Uint8Array>({}, {}, { highWaterMark: 0 });
    this.#handle = handle;
    this.#output = output.writable.getWriter();
    this.#output.closed.catch(() => {});
    this.transport = {
      readable: output.readable,
      writable: input.writable,
      terminate: () => {
        this.terminated = true;
        this.end();
      },
    };
    this.inputEnded = this.#read(input.readable);
  }

  async #read(readable: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of readable) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const message = JSON.parse(line) as Message;
          this.received.push(message);
          this.#handle(message, this);
          this.#waiters.splice(0).forEach((wake) => wake());
        }
      }
    } catch {
      // The client aborts its output when the connection is lost.
    }
  }

  /** Writes one value a line, all in one chunk; resolves when the client has taken the chunk. */
  send(...values: unknown[]): Promise<void> {
    return this.sendBytes(new TextEncoder().encode(values.map((value) => `${JSON.stringify(value)}\n`).join("")));
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    await this.#output.write(bytes).catch(() => {});
  }

  answer(id: number | undefined, result: unknown): void {
    void this.send({ jsonrpc: "2.0", id, result });
  }

  refuse(id: number | undefined, code: number, kind: string, data: object = {}): void {
    void this.send({ jsonrpc: "2.0", id, error: { code, message: `it is ${kind}`, data: { kind, ...data } } });
  }

  /** Ends the client's input. */
  end(): void {
    this.#output.close().catch(() => {});
  }

  /** Breaks the client's input. */
  break(reason: unknown): void {
    this.#output.abort(reason).catch(() => {});
  }

  /** The first message for `method` that the client has sent or will send, past the first `skip`. */
  async message(method: string, skip = 0): Promise<Message> {
    for (;;) {
      const found = this.received.filter((message) => message.method === method)[skip];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }
}

/** A log in memory, with as many servers on it as are connected. */
export class MemoryLog {
  readonly events: WorkroomEvent[] = [];
  readonly peers: Peer[] = [];
  epoch = "epoch_1";
  /** How many events were sent, also those that the client did not take. */
  sent = 0;
  readonly #subscriptions = new Map<string, { peer: Peer; cursor: number; running: boolean }>();
  #lastId = 0;

  /** The latest connection. */
  get peer(): Peer {
    const peer = this.peers.at(-1);
    if (peer === undefined) throw new Error("nobody has connected");
    return peer;
  }

  readonly connect = (): Transport => {
    const peer = new Peer((message) => this.#handle(message, peer));
    this.peers.push(peer);
    void peer.inputEnded.then(() => this.kill(peer));
    return peer.transport;
  };

  append(count = 1): void {
    for (let i = 0; i < count; i += 1) this.events.push(event(this.events.length + 1));
    for (const id of this.#subscriptions.keys()) void this.#pump(id);
  }

  /** Ends a server as a crash would: nothing more comes from it. */
  kill(peer = this.peer): void {
    for (const [id, subscription] of this.#subscriptions) {
      if (subscription.peer === peer) this.#subscriptions.delete(id);
    }
    peer.end();
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  #handle({ id, method, params = {} }: Message, peer: Peer): void {
    if (method === "initialize") {
      peer.answer(id, { epoch: this.epoch, head_seq: this.events.length, capabilities: { limits: { max_line_bytes: 1e6 } } });
    } else if (method === "server/status") {
      peer.answer(id, { head_seq: this.events.length });
    } else if (method === "event/append") {
      this.append();
      peer.answer(id, { event: this.events.at(-1) });
    } else if (method === "event/subscribe") {
      if (params["epoch"] !== undefined && params["epoch"] !== this.epoch) return peer.refuse(id, 1003, "cursor_expired");
      const subscription_id = `sub_${++this.#lastId}`;
      const cursor = (params["after_seq"] as number | undefined) ?? this.events.length;
      this.#subscriptions.set(subscription_id, { peer, cursor, running: false });
      peer.answer(id, { subscription_id, epoch: this.epoch, head_seq: this.events.length });
      void this.#pump(subscription_id);
    } else if (method === "event/unsubscribe") {
      this.#subscriptions.delete(params["subscription_id"] as string);
      peer.answer(id, {});
    }
  }

  /** Sends what lies past the cursor, 50 events a chunk and as fast as the client takes them. */
  async #pump(id: string): Promise<void> {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined || subscription.running) return;
    subscription.running = true;
    while (this.#subscriptions.has(id) && subscription.cursor < this.events.length) {
      const events = this.events.slice(subscription.cursor, subscription.cursor + 50);
      subscription.cursor += events.length;
      this.sent += events.length;
      await subscription.peer.send(...events.map((event) => appended(id, event)));
    }
    subscription.running = false;
  }
}

export function event(seq: number): WorkroomEvent {
  return {
    seq,
    id: `evt_${seq}`,
    workroom_id: "wr_1",
    timestamp: "2026-11-20T08:30:00.000Z",
    kind: { event: "message", content: `number ${seq}` },
    actor: { kind: "human", handle: "ada" },
  } as WorkroomEvent;
}

export function appended(subscription_id: string, event: WorkroomEvent): object {
  return { jsonrpc: "2.0", method: "event/appended", params: { subscription_id, event } };
}

/** The numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Resolves after a turn of the event loop: everything that could run has run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
