import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { WorkroomClient } from "workroom-client";
import { spawnWorkroom, type SpawnOptions } from "workroom-client/node";

/** A store of its own, that goes with the test; its clients are closed first. */
export class TempStore {
  readonly home = mkdtempSync(join(tmpdir(), "workroom-ts-"));
  readonly #clients: WorkroomClient[] = [];

  constructor(t: TestContext) {
    t.after(async () => {
      await Promise.all(this.#clients.map((client) => client.close()));
      rmSync(this.home, { recursive: true, force: true });
    });
  }

  /** A client with a server process of its own. */
  async client(options: SpawnOptions = {}): Promise<WorkroomClient> {
    const env = { WORKROOM_HOME: this.home, CODEWHALE_RUNTIME_TOKEN: undefined };
    const client = await spawnWorkroom({ binary: binary(), env, ...options });
    this.#clients.push(client);
    return client;
  }
}

/** A room with one thread in it. */
export async function room(client: WorkroomClient): Promise<{ workroom_id: string; thread_id: string }> {
  const { id: workroom_id } = await client.call("workroom/create", { title: "Room" });
  const { id: thread_id } = await client.call("thread/create", { workroom_id, title: "Thread", kind: "channel" });
  return { workroom_id, thread_id };
}

/** Appends messages `first` to `last`, as many in one write as the server takes. */
export async function appendMessages(client: WorkroomClient, thread_id: string, first: number, last: number): Promise<void> {
  for (let at = first; at <= last; at += 1_000) {
    const events = [];
    for (let n = at; n <= Math.min(at + 999, last); n += 1) events.push(message(thread_id, `number ${n}`));
    await client.call("event/appendBatch", { events });
  }
}

export function message(thread_id: string, content: string) {
  return { thread_id, kind: { event: "message", content } } as const;
}

export function binary(): string {
  const path = process.env["WORKROOM_BIN"];
  if (path) return path;
  throw new Error("these tests drive the real server: run `cargo build`, then set WORKROOM_BIN to the absolute path of target/debug/workroom");
}
