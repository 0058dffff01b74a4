// Compiled, never run: what must not type-check says so with `@ts-expect-error`, and fails to compile when it does.
import type { ConnectionClosedError, ErrorKind, ServerNotifications, WorkroomClient, WorkroomError, WorkroomEvent } from "workroom-client";
import type { SpawnOptions } from "workroom-client/node";

export async function calls(client: WorkroomClient, signal: AbortSignal): Promise<void> {
  await client.call("workroom/list");
  await client.call("workroom/list", {});
  await client.call("workroom/list", undefined, { signal, timeoutMs: 5 });
  await client.call("server/status");
  const { workrooms, next_cursor } = await client.call("workroom/list", { limit: 5, cursor: "x" });
  const ids: string[] = workrooms.map(({ id }) => id);
  const more: string | null | undefined = next_cursor;
  const { id, head_seq } = await client.call("workroom/read", { workroom_id: "wr_1" });
  const position: number = head_seq;
  await client.call("event/append", { thread_id: "thr_1", kind: { event: "message", content: "hello" } });
  await client.call("thread/attachRef", { thread_id: "thr_1", ref: "owner/repo#12" });
  await client.call("thread/attachRef", { thread_id: "thr_1", ref: { kind: "git_hub_issue", owner: "o", repo: "r", number: 1 } });
  void [ids, more, id, position];

  // @ts-expect-error there is no such method
  await client.call("workroom/lst");
  // @ts-expect-error the params are needed
  await client.call("workroom/read");
  // @ts-expect-error the params are of another method
  await client.call("workroom/read", { thread_id: "thr_1" });
  // @ts-expect-error a field has another type
  await client.call("workroom/list", { limit: "5" });
  // @ts-expect-error there is no such field
  await client.call("workroom/list", { limt: 5 });
  // @ts-expect-error there is no such kind
  await client.call("event/append", { thread_id: "thr_1", kind: { event: "shout", content: "hello" } });
  // @ts-expect-error the kind has other fields
  await client.call("event/append", { thread_id: "thr_1", kind: { event: "message", text: "hello" } });
  // @ts-expect-error there is no such field in the result
  void (await client.call("workroom/read", { workroom_id: "wr_1" })).name;
  // @ts-expect-error options come last
  await client.call("workroom/list", { signal });
}

export async function notifications(client: WorkroomClient): Promise<void> {
  await client.notify("initialized");
  await client.notify("$/cancelRequest", { id: 1 });
  const off: () => void = client.on("event/appended", ({ subscription_id, event }) => void [subscription_id, event.seq]);
  const params = (appended: ServerNotifications["event/appended"]): WorkroomEvent => appended.event;
  void [off, params];

  // @ts-expect-error the server does not listen to that
  await client.notify("event/appended");
  // @ts-expect-error the params are needed
  await client.notify("$/cancelRequest");
  // @ts-expect-error the server does not send that
  client.on("initialized", () => {});
}

export async function subscriptions(client: WorkroomClient, signal: AbortSignal): Promise<void> {
  const subscription = client.subscribe({ workroom_id: "wr_1", kinds: ["message"], after_seq: 5 }, { signal, maxQueue: 10 });
  for await (const event of subscription) {
    const seq: number = event.seq;
    if (event.kind.event === "message") void event.kind.content.length;
    // @ts-expect-error not every event has a content
    void event.kind.content;
    void seq;
  }
  client.subscribe({ ...subscription.cursor });
  await client.call("event/list", { ...subscription.cursor });

  // @ts-expect-error there is no such field
  client.subscribe({ room: "wr_1" });
  // @ts-expect-error positions are numbers
  client.subscribe({ after_seq: "5" });
}

export function errors(error: WorkroomError, closed: ConnectionClosedError): void {
  const kind: ErrorKind | "unknown" = error.kind;
  const method: string | undefined = closed.method;
  // @ts-expect-error there is no such kind
  if (error.kind === "not_fond") return;
  void [kind, method];
}

export const options: SpawnOptions = {
  restart: true,
  stderr: (text) => void text.length,
  initialize: { client_info: { name: "test", version: "1" } },
};
