import "./unhandled.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionClosedError, PROTOCOL_VERSION, WorkroomClient, WorkroomError, type WorkroomEvent } from "workroom-client";
import { range } from "./memory.js";
import { appendMessages, message, room, TempStore } from "./workroom.js";

const initialize = { client_info: { name: "workroom-client-test", version: "1" } };

/** What was said, in the order in which `events` come, until `last` is said. */
async function contents(events: AsyncIterable<WorkroomEvent>, last: string): Promise<string[]> {
  const said: string[] = [];
  for await (const { kind } of events) {
    if (kind.event !== "message") continue;
    said.push(kind.content);
    if (kind.content === last) break;
  }
  return said;
}

const numbers = (last: number) => range(1, last).map((n) => `number ${n}`);

test("the server says who it is and what it speaks", async (t) => {
  const client = await new TempStore(t).client({ initialize });
  const server = await client.ready();
  assert.equal(server?.protocol_version, PROTOCOL_VERSION);
  assert.equal(server.identity.kind, "human");
  assert.ok(server.capabilities.methods.includes("event/subscribe"));
});

test("a room, a thread and an event are created and listed", async (t) => {
  const client = await new TempStore(t).client();
  const created = await client.call("workroom/create", { title: "Räume 😀" });
  const thread = await client.call("thread/create", { workroom_id: created.id, title: "Work", kind: "agent_task" });
  const { event } = await client.call("event/append", message(thread.id, "hello"));
  assert.deepEqual(event.kind, { event: "message", content: "hello" });
  assert.equal(event.thread_id, thread.id);
  const { workrooms } = await client.call("workroom/list");
  assert.deepEqual(workrooms.map(({ id, title }) => ({ id, title })), [{ id: created.id, title: "Räume 😀" }]);
  const { events, more } = await client.call("event/list", { thread_id: thread.id, kinds: ["message"] });
  assert.deepEqual(events, [event]);
  assert.equal(more, false);
});

test("what does not exist is a typed not_found", async (t) => {
  const client = await new TempStore(t).client();
  const workroom_id = `wr_${"0".repeat(32)}`;
  await assert.rejects(client.call("workroom/read", { workroom_id }), (error) => {
    assert.ok(error instanceof WorkroomError);
    assert.deepEqual([error.kind, error.code, error.method], ["not_found", 1001, "workroom/read"]);
    return true;
  });
});

test("params that do not fit name the field", async (t) => {
  const client = await new TempStore(t).client();
  const params = { title: 5 as unknown as string };
  await assert.rejects(client.call("workroom/create", params), (error) => {
    assert.ok(error instanceof WorkroomError);
    assert.deepEqual([error.kind, error.code, error.data["path"]], ["invalid_params", -32602, "title"]);
    return true;
  });
});

test("an aborted call rejects at once, and the connection goes on", async (t) => {
  const client = await new TempStore(t).client();
  const { thread_id } = await room(client);
  const aborts = Array.from({ length: 50 }, () => new AbortController());
  const calls = aborts.map(({ signal }, n) => client.call("event/append", message(thread_id, `${n}`), { signal }));
  const settled = Promise.allSettled(calls);
  // A turn, so that the calls are on their way and are cancelled there.
  await new Promise((resolve) => setImmediate(resolve));
  for (const abort of aborts) abort.abort();
  for (const outcome of await settled) {
    if (outcome.status === "rejected") assert.equal((outcome.reason as Error).name, "AbortError");
  }
  assert.equal((await client.call("workroom/list")).workrooms.length, 1);
});

test("a subscription goes on across kills of its server, without gap or repeat", async (t) => {
  const store = new TempStore(t);
  const writer = await store.client();
  const { thread_id } = await room(writer);
  const reader = await store.client({ restart: true, initialize, reconnect: { minDelayMs: 10, attempts: 100 } });
  const subscription = reader.subscribe({ thread_id, kinds: ["message"], after_seq: 0 }, { maxQueue: 64 });
  const read = contents(subscription, "number 600");
  const pids = new Set<number>();
  for (let n = 1; n <= 600; n += 1) {
    await writer.call("event/append", message(thread_id, `number ${n}`));
    if (n % 100 !== 50) continue;
    const { pid } = await reader.call("server/status");
    pids.add(pid);
    process.kill(pid, "SIGKILL");
  }
  assert.deepEqual(await read, numbers(600));
  assert.equal(pids.size, 6);
});

test("a write whose answer was lost is made once when it is sent again", async (t) => {
  const client = await new TempStore(t).client({ restart: true, reconnect: { minDelayMs: 10, attempts: 100 } });
  const { thread_id } = await room(client);
  for (let n = 1; n <= 5; n += 1) {
    const { pid } = await client.call("server/status");
    const write = { ...message(thread_id, `number ${n}`), idempotency_key: `write ${n}` };
    const first = client.call("event/append", write).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, n - 1));
    process.kill(pid, "SIGKILL");
    const outcome = await first;
    assert.ok(!(outcome instanceof Error) || outcome instanceof ConnectionClosedError);
    await client.call("event/append", write).catch(() => client.call("event/append", write));
  }
  const { events } = await client.call("event/list", { thread_id, kinds: ["message"] });
  assert.deepEqual(events.map(({ kind }) => kind.event === "message" && kind.content), numbers(5));
});

test("several clients, each with its own server, see all events in one order", async (t) => {
  const store = new TempStore(t);
  const first = await store.client();
  const { thread_id } = await room(first);
  const clients = [first, ...(await Promise.all(range(1, 5).map(() => store.client())))];
  const subscriptions = clients.map((client) => client.subscribe({ thread_id, kinds: ["message"], after_seq: 0 }));
  await Promise.all(clients.map(async (client, c) => {
    for (let n = 1; n <= 20; n += 1) await client.call("event/append", message(thread_id, `${c}: ${n}`));
  }));
  await first.call("event/append", message(thread_id, "the end"));
  const [expected = [], ...others] = await Promise.all(subscriptions.map((events) => contents(events, "the end")));
  assert.equal(new Set(expected).size, 6 * 20 + 1);
  for (const other of others) assert.deepEqual(other, expected);
});

test("a slow consumer loses nothing of 5,000 events and holds up no call", async (t) => {
  const client = await new TempStore(t).client();
  const { thread_id } = await room(client);
  const slow = client.subscribe({ thread_id, kinds: ["message"], after_seq: 0 }, { maxQueue: 100 });
  await appendMessages(client, thread_id, 1, 5_000);
  const { head_seq } = await client.call("server/status");
  assert.ok(head_seq >= 5_000);
  const said: unknown[] = [];
  for await (const { kind } of slow) {
    said.push(kind.event === "message" && kind.content);
    if (said.length % 250 === 0) await client.call("server/status");
    if (said.length === 5_000) break;
  }
  assert.deepEqual(said, numbers(5_000));
});

test("a live subscription begins where it is ready, after the writes that were sent before it", async (t) => {
  const client = await new TempStore(t).client();
  const { thread_id } = await room(client);
  const before = client.call("event/append", message(thread_id, "before"));
  const subscription = client.subscribe({ thread_id });
  await Promise.all([before, subscription.ready()]);
  await client.call("event/append", message(thread_id, "after"));
  const { value } = await subscription.next();
  assert.deepEqual(value?.kind, { event: "message", content: "after" });
  assert.equal(subscription.cursor?.after_seq, value.seq);
});

test("a position of another store is cursor_expired", async (t) => {
  const [one, two] = [await new TempStore(t).client(), await new TempStore(t).client()];
  const subscription = one.subscribe();
  await subscription.ready();
  await assert.rejects(two.subscribe({ ...subscription.cursor }).next(), { name: "WorkroomError", kind: "cursor_expired" });
});

test("close lets the server answer what it was sent", async (t) => {
  const store = new TempStore(t);
  const client = await store.client();
  const { thread_id } = await room(client);
  const calls = range(1, 200).map((n) => client.call("event/append", message(thread_id, `number ${n}`)));
  const [, ...answers] = await Promise.all([client.close(), ...calls]);
  assert.equal(answers.length, 200);
  const next = await store.client();
  const { events } = await next.call("event/list", { thread_id, kinds: ["message"], limit: 200 });
  assert.deepEqual(events.map(({ kind }) => kind.event === "message" && kind.content), numbers(200));
});

test("a line that the server does not understand does not end the connection", async (t) => {
  const client = await new TempStore(t).client();
  assert.ok(client instanceof WorkroomClient);
  await assert.rejects(client.call("moon/rise" as "server/status"), { name: "WorkroomError", kind: "method_not_found" });
  await client.notify("$/cancelRequest", { id: "never sent" });
  await client.call("server/status");
});
