import "./unhandled.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionClosedError, type ProtocolError, WorkroomClient, WorkroomError } from "workroom-client";
import { Connection } from "../dist/connection.js";
import { MemoryLog, Peer, turn } from "./memory.js";

/** A client and a server that answers `server/status` with the call's id. */
function pair(options: ConstructorParameters<typeof WorkroomClient>[1] = {}) {
  const errors: ProtocolError[] = [];
  const peer = new Peer(({ id, method }) => {
    if (method === "server/status") peer.answer(id, { pid: id });
  });
  const onProtocolError = (error: ProtocolError) => void errors.push(error);
  return { peer, errors, client: new WorkroomClient(peer.transport, { onProtocolError, ...options }) };
}

const room = { workroom_id: "wr_1" };

test("calls are sent in order, and answered in any", async () => {
  const { peer, client } = pair();
  const list = client.call("workroom/list");
  const read = client.call("workroom/read", room);
  const status = client.call("server/status");
  assert.equal((await status).pid, 3);
  assert.deepEqual(peer.received, [
    { jsonrpc: "2.0", id: 1, method: "workroom/list" },
    { jsonrpc: "2.0", id: 2, method: "workroom/read", params: room },
    { jsonrpc: "2.0", id: 3, method: "server/status" },
  ]);
  await peer.send({ jsonrpc: "2.0", id: 2, result: { id: "wr_1" } }, { jsonrpc: "2.0", id: 1, result: { workrooms: [] } });
  assert.deepEqual(await list, { workrooms: [] });
  assert.equal((await read).id, "wr_1");
});

test("calls and answers hold every character", async () => {
  const { peer, client } = pair();
  const title = "ä€😀 \u2028 \0 \\ \" \n";
  const created = client.call("workroom/create", { title });
  const { id, params } = await peer.message("workroom/create");
  assert.equal(params?.["title"], title);
  const bytes = new TextEncoder().encode(`${JSON.stringify({ jsonrpc: "2.0", id, result: { title } })}\n`);
  for (const byte of bytes) await peer.sendBytes(Uint8Array.of(byte));
  assert.equal((await created).title, title);
});

test("a refusal is a typed error", async () => {
  const { peer, client } = pair();
  const check = async (error: object, expected: Partial<WorkroomError>) => {
    const call = client.call("workroom/read", room);
    await turn();
    void peer.send({ jsonrpc: "2.0", id: peer.received.at(-1)?.id, error });
    await assert.rejects(call, (thrown) => {
      assert.ok(thrown instanceof WorkroomError);
      const { name, message, code, kind, data, method } = thrown;
      assert.deepEqual({ name, message, code, kind, data, method }, { name: "WorkroomError", method: "workroom/read", ...expected });
      return true;
    });
  };
  const data = { kind: "busy", retry_after_ms: 5 };
  await check({ code: 1006, message: "too much", data }, { message: "too much", code: 1006, kind: "busy", data });
  await check({ code: -32601, message: "no" }, { message: "no", code: -32601, kind: "method_not_found", data: {} });
  await check({ code: 1001, message: "no", data: 5 }, { message: "no", code: 1001, kind: "not_found", data: {} });
  const newer = { kind: "paused" };
  await check({ code: 1099, message: "no", data: newer }, { message: "no", code: 1099, kind: "unknown", data: newer });
});

test("an abort rejects at once, asks the server to cancel, and lets a late answer pass", async () => {
  const { peer, client, errors } = pair();
  const abort = new AbortController();
  const call = client.call("workroom/create", { title: "x" }, { signal: abort.signal });
  const { id } = await peer.message("workroom/create");
  const reason = new Error("enough");
  abort.abort(reason);
  await assert.rejects(call, (thrown) => thrown === reason);
  assert.deepEqual((await peer.message("$/cancelRequest")).params, { id });
  await peer.send({ jsonrpc: "2.0", id, result: { id: "wr_1" } });
  await client.call("server/status");
  assert.deepEqual(errors, []);
});

test("a call that was given up is forgotten once it is answered", async () => {
  const peer = new Peer();
  const events = { notification() {}, protocolError() {}, pace: () => undefined, closed() {} };
  const connection = new Connection(peer.transport, events, { maxLineBytes: 1e6, closeMs: 1_000 });
  const outcomes: unknown[] = [];
  const id = connection.request("workroom/list", undefined, (outcome) => outcomes.push(outcome));
  await peer.message("workroom/list");
  connection.cancel(id);
  connection.cancel(99);
  assert.equal(connection.pending, 1);
  await peer.send({ jsonrpc: "2.0", id, result: {} });
  await turn();
  assert.equal(connection.pending, 0);
  assert.deepEqual(outcomes, [{ result: {} }]);
});

test("a call that is given up before it has left is never sent", async () => {
  const { peer, client } = pair();
  await assert.rejects(client.call("workroom/list", {}, { signal: AbortSignal.abort() }), { name: "AbortError" });
  await client.ready();
  const abort = new AbortController();
  const call = client.call("workroom/list", {}, { signal: abort.signal });
  abort.abort();
  await assert.rejects(call, { name: "AbortError" });
  await client.call("server/status");
  assert.deepEqual(peer.received.map(({ method }) => method), ["server/status"]);
});

test("a call that takes too long rejects with a TimeoutError", async () => {
  const { peer, client } = pair();
  const call = client.call("workroom/list", undefined, { timeoutMs: 5 });
  await assert.rejects(call, { name: "TimeoutError", message: "workroom/list had no response after 5 ms" });
  await peer.message("$/cancelRequest");
});

test("what is not of the protocol is told, and does not end the connection", async () => {
  const { peer, client, errors } = pair();
  await client.call("server/status");
  const lines = [
    "{", "5", "null", "{}", `{"jsonrpc":"1.0","id":1,"result":1}`, `{"jsonrpc":"2.0","id":77,"result":1}`,
    `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"bad"}}`, `{"jsonrpc":"2.0","method":"moon/rose"}`,
    `{"jsonrpc":"2.0","method":"event/appended","params":{"subscription_id":"sub_1"}}`,
    `{"jsonrpc":"2.0","id":"q","method":"client/ask"}`, "[[]]",
  ];
  await peer.sendBytes(new TextEncoder().encode(`${lines.join("\n")}\n`));
  await peer.sendBytes(Uint8Array.of(0xff, 0x0a));
  await client.call("server/status");
  assert.equal(errors.length, lines.length + 1);
  assert.equal(errors[0]?.line, "{");
  const refusal = { jsonrpc: "2.0", id: "q", error: { code: -32601, message: "no method client/ask" } };
  assert.deepEqual(peer.received.find(({ id }) => (id as unknown) === "q"), refusal);
});

test("an answer that is neither result nor error fails its call", async () => {
  const { peer, client } = pair();
  const call = client.call("workroom/list");
  const { id } = await peer.message("workroom/list");
  await peer.send({ jsonrpc: "2.0", id });
  await assert.rejects(call, { name: "ProtocolError" });
});

test("a callback or a listener that throws does not end the connection", async () => {
  const told: string[] = [];
  const { peer, client } = pair({
    onProtocolError(error) {
      told.push(error.message);
      throw new Error("in a callback");
    },
  });
  client.on("event/appended", () => {
    throw new Error("in a listener");
  });
  await peer.send({ jsonrpc: "2.0", method: "event/appended", params: { subscription_id: "sub_1", event: { seq: 1 } } });
  await client.call("server/status");
  assert.deepEqual(told, ["a listener of `event/appended` threw"]);
});

test("listeners are told of notifications until they are taken off", async () => {
  const { peer, client } = pair();
  const seqs: number[] = [];
  const off = client.on("event/appended", ({ event }) => seqs.push(event.seq));
  const told = (seq: number) => peer.send({ jsonrpc: "2.0", method: "event/appended", params: { subscription_id: "s", event: { seq } } });
  await told(1);
  await client.call("server/status");
  off();
  await told(2);
  await client.call("server/status");
  assert.deepEqual(seqs, [1]);
});

test("the end of the server rejects the calls that have no answer, and later ones", async () => {
  const { peer, client } = pair();
  const answered = client.call("workroom/list");
  const open = client.call("workroom/read", room);
  const forgotten = client.call("workroom/list").catch(() => {});
  const { id } = await peer.message("workroom/list");
  void peer.send({ jsonrpc: "2.0", id, result: { workrooms: [] } });
  peer.end();
  assert.deepEqual(await answered, { workrooms: [] });
  const lost = (method: string) => ({ name: "ConnectionClosedError", method, message: `${method}: the connection has ended` });
  await assert.rejects(open, lost("workroom/read"));
  await assert.rejects(client.call("server/status"), lost("server/status"));
  await assert.rejects(client.notify("initialized"), lost("initialized"));
  await forgotten;
  await client.close();
});

test("a broken stream is the cause of the error", async () => {
  const { peer, client } = pair();
  const open = client.call("workroom/list");
  await peer.message("workroom/list");
  const cause = new Error("the cable");
  peer.break(cause);
  await assert.rejects(open, { name: "ConnectionClosedError", cause, message: /the cable/ });
});

test("a server that takes no more input is ended, and what it had answered is read", async () => {
  let chunks = 0;
  const peer = new Peer();
  const broken = new Error("EPIPE");
  const writable = new WritableStream<Uint8Array>({
    async write() {
      chunks += 1;
      if (chunks === 1) return;
      void peer.send({ jsonrpc: "2.0", id: 1, result: { workrooms: [] } });
      throw broken;
    },
  });
  const client = new WorkroomClient({ ...peer.transport, writable });
  const first = client.call("workroom/list");
  await turn();
  const second = client.call("workroom/list");
  assert.deepEqual(await first, { workrooms: [] });
  await assert.rejects(second, { name: "ConnectionClosedError", cause: broken });
  assert.ok(peer.terminated);
});

test("close lets the server answer, then refuses calls", async () => {
  const { peer, client } = pair();
  const call = client.call("workroom/list");
  const { id } = await peer.message("workroom/list");
  const closed = client.close();
  await peer.inputEnded;
  await assert.rejects(client.call("server/status"), { name: "ConnectionClosedError", message: /the client was closed/ });
  void peer.send({ jsonrpc: "2.0", id, result: { workrooms: [] } });
  peer.end();
  assert.deepEqual(await call, { workrooms: [] });
  await closed;
  await client[Symbol.asyncDispose]();
  assert.ok(!peer.terminated);
});

test("close ends a server that does not end by itself", async () => {
  const { peer, client } = pair({ closeTimeoutMs: 5 });
  const call = client.call("workroom/list");
  await Promise.all([client.close(), assert.rejects(call, ConnectionClosedError)]);
  assert.ok(peer.terminated);
});

test("close ends a transport that neither ends nor can be ended", async () => {
  const transport = { readable: new ReadableStream<Uint8Array>(), writable: new WritableStream<Uint8Array>({ write: () => new Promise(() => {}) }) };
  const client = new WorkroomClient(transport, { closeTimeoutMs: 5 });
  const call = client.call("workroom/list");
  await Promise.all([client.close(), assert.rejects(call, ConnectionClosedError)]);
});

test("a slow transport is given one chunk at a time", async () => {
  const chunks: number[] = [];
  let taken = () => {};
  const writable = new WritableStream<Uint8Array>({
    write: (chunk) => new Promise((resolve) => {
      chunks.push(chunk.length);
      taken = resolve;
    }),
  });
  const client = new WorkroomClient({ readable: new ReadableStream(), writable }, { closeTimeoutMs: 5 });
  const calls = Array.from({ length: 50 }, () => client.call("workroom/create", { title: "x".repeat(10_000) }));
  const settled = Promise.allSettled(calls);
  await turn();
  assert.equal(chunks.length, 1);
  taken();
  await turn();
  assert.equal(chunks.length, 2);
  assert.ok(chunks.every((bytes) => bytes <= 64 * 1024 + 100), `${chunks}`);
  await client.close();
  await settled;
});

test("notify resolves once the transport has taken the notification", async () => {
  const { peer, client } = pair();
  await client.notify("initialized");
  await client.notify("$/cancelRequest", { id: 5 });
  assert.deepEqual(await peer.message("$/cancelRequest"), { jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 5 } });
});

test("a request that the server would not read is refused here", async () => {
  const log = new MemoryLog();
  const client = new WorkroomClient(log.connect, { initialize: { client_info: { name: "test", version: "1" } } });
  await client.ready();
  const create = (chars: number) => client.call("workroom/create", { title: "é".repeat(chars) }, { timeoutMs: 50 });
  await assert.rejects(create(500_000), { name: "WorkroomError", kind: "too_large", data: { kind: "too_large", limit: 1e6 } });
  await assert.rejects(create(490_000), { name: "TimeoutError" });
  assert.deepEqual(log.peer.received.map(({ method }) => method).slice(0, 3), ["initialize", "initialized", "workroom/create"]);
  await client.close();
});

test("params that are not JSON reject", async () => {
  const { client } = pair();
  await assert.rejects(client.call("workroom/create", { title: 5n as unknown as string }), TypeError);
});
