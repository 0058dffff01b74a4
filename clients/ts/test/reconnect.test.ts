import "./unhandled.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkroomClient, type Connect } from "workroom-client";
import { MemoryLog, Peer, range, turn } from "./memory.js";

const client_info = { name: "test", version: "1" };
const room = { workroom_id: "wr_1" };
const quick = { minDelayMs: 1, maxDelayMs: 2 };

test("a subscription goes on across crashes, without gap or repeat", async () => {
  const log = new MemoryLog();
  const client = new WorkroomClient(log.connect, { reconnect: { minDelayMs: 1, maxDelayMs: 2, attempts: 1_000 } });
  log.append(1_000);
  const seen: number[] = [];
  for await (const { seq } of client.subscribe({ after_seq: 0 }, { maxQueue: 64 })) {
    seen.push(seq);
    if (seq % 97 === 0) log.kill();
    if (seq % 50 === 0) log.append(20);
    if (seq === 1_400) break;
  }
  assert.deepEqual(seen, range(1, 1_400));
  assert.ok(log.peers.length > 10, `${log.peers.length} connections`);
  await client.close();
});

test("a subscription without events goes on from where it began", async () => {
  const log = new MemoryLog();
  const client = new WorkroomClient(log.connect);
  log.append(3);
  const subscription = client.subscribe();
  await subscription.ready();
  log.kill();
  log.append(2);
  const next = await subscription.next();
  assert.equal(next.value?.seq, 4);
  assert.deepEqual((await log.peer.message("event/subscribe")).params, { after_seq: 3, epoch: "epoch_1" });
  await client.close();
});

test("a subscription does not go on in another store", async () => {
  const log = new MemoryLog();
  const client = new WorkroomClient(log.connect);
  const subscription = client.subscribe();
  await subscription.ready();
  log.epoch = "epoch_2";
  log.kill();
  await assert.rejects(subscription.next(), { name: "WorkroomError", kind: "cursor_expired" });
  await client.close();
});

test("calls in flight reject, and a retry finds the new connection", async () => {
  const log = new MemoryLog();
  const client = new WorkroomClient(log.connect, { initialize: { client_info } });
  assert.equal((await client.ready())?.epoch, "epoch_1");
  const lost = client.call("workroom/read", room);
  await log.peer.message("workroom/read");
  log.kill();
  await assert.rejects(lost, { name: "ConnectionClosedError", method: "workroom/read" });
  assert.equal(log.peers.length, 1);
  assert.equal((await client.call("server/status")).head_seq, 0);
  assert.equal(log.peers.length, 2);
  const methods = log.peer.received.map(({ method }) => method);
  assert.deepEqual(methods, ["initialize", "initialized", "server/status"]);
  assert.deepEqual(log.peer.received[0]?.params, { client_info });
  await client.close();
});

test("a server that nobody needs is not started again", async () => {
  const log = new MemoryLog();
  const client = new WorkroomClient(log.connect);
  await client.call("server/status");
  log.kill();
  await turn();
  await turn();
  assert.equal(log.peers.length, 1);
  await client.close();
});

test("nothing is sent before initialize is answered, and nothing at all when it is refused", async () => {
  const peer = new Peer(({ id, method }) => {
    if (method === "initialize") peer.refuse(id, 1005, "unauthenticated");
  });
  const client = new WorkroomClient(() => peer.transport, { initialize: { client_info, token: "wrk_x" }, reconnect: quick });
  const refused = { name: "WorkroomError", kind: "unauthenticated", method: "initialize" };
  const subscription = client.subscribe();
  const call = client.call("server/status");
  await Promise.all([
    assert.rejects(client.ready(), refused),
    assert.rejects(call, refused),
    assert.rejects(subscription.next(), refused),
  ]);
  await turn();
  assert.deepEqual(peer.received.map(({ method }) => method), ["initialize"]);
  peer.end();
  await client.close();
});

test("a first connection that fails is told at once", async () => {
  const cause = new Error("no such file");
  const client = new WorkroomClient(() => Promise.reject(cause), { reconnect: quick });
  await assert.rejects(client.ready(), (thrown) => thrown === cause);
  await assert.rejects(client.call("server/status"), { name: "ConnectionClosedError", cause, message: "server/status: no such file" });
  await client.close();
});

test("a server that cannot be started again is given up after the attempts allowed", async () => {
  const log = new MemoryLog();
  let attempts = 0;
  const connect: Connect = () => {
    attempts += 1;
    if (attempts > 1) throw new Error("gone");
    return log.connect();
  };
  const client = new WorkroomClient(connect, { reconnect: { ...quick, attempts: 3 } });
  const subscription = client.subscribe();
  await subscription.ready();
  log.kill();
  await assert.rejects(subscription.next(), /gone/);
  assert.equal(attempts, 4);
  await assert.rejects(client.call("server/status"), { name: "ConnectionClosedError" });
  await client.close();
});

test("a server that ends right after each start is given up", async () => {
  let starts = 0;
  const connect: Connect = () => {
    starts += 1;
    const peer = new Peer();
    setTimeout(() => peer.end(), 0);
    return peer.transport;
  };
  const client = new WorkroomClient(connect, { reconnect: { minDelayMs: 1, maxDelayMs: 60_000, attempts: 3 } });
  await assert.rejects(client.subscribe().next(), { name: "ConnectionClosedError" });
  assert.equal(starts, 4);
  await client.close();
});

test("close ends the wait for the next attempt", async () => {
  const log = new MemoryLog();
  const connect: Connect = () => (log.peers.length === 0 ? log.connect() : Promise.reject(new Error("gone")));
  const client = new WorkroomClient(connect, { reconnect: { minDelayMs: 60_000, maxDelayMs: 60_000 } });
  const subscription = client.subscribe();
  await subscription.ready();
  log.kill();
  await turn();
  const call = client.call("server/status");
  const waiting = subscription.next();
  await Promise.all([client.close(), assert.rejects(call, /the client was closed/)]);
  assert.deepEqual(await waiting, { value: undefined, done: true });
});

test("calls wait for a connection that is being made, and can be given up", async () => {
  const log = new MemoryLog();
  let connected = () => {};
  const connect = () => new Promise<ReturnType<Connect>>((resolve) => (connected = () => resolve(log.connect())));
  const client = new WorkroomClient(connect as Connect);
  const given = client.call("workroom/list", {}, { timeoutMs: 1 });
  const subscription = client.subscribe();
  const kept = client.call("server/status");
  await assert.rejects(given, { name: "TimeoutError" });
  void subscription.return();
  connected();
  await kept;
  assert.deepEqual(log.peer.received.map(({ method }) => method), ["server/status"]);
  await client.close();
});

test("an agent goes on in its session, by a key that is the same on every connection and no other client's", async () => {
  const agent = { provider: "p", model: "m", agent_id: "a" };
  const keys: unknown[] = [];
  for (let client = 0; client < 2; client++) {
    const log = new MemoryLog();
    const connected = new WorkroomClient(log.connect, { initialize: { client_info, agent }, reconnect: quick });
    await connected.ready();
    keys.push((await log.peer.message("initialize")).params?.["session_key"]);
    const lost = connected.call("workroom/read", room);
    await log.peer.message("workroom/read");
    log.kill();
    await assert.rejects(lost, { name: "ConnectionClosedError" });
    void connected.call("workroom/read", room).catch(() => {});
    await connected.ready();
    keys.push((await log.peer.message("initialize")).params?.["session_key"]);
    await connected.close();
  }
  assert.equal(keys[0], keys[1]);
  assert.equal(keys[2], keys[3]);
  assert.notEqual(keys[0], keys[2]);
  assert.equal(typeof keys[0], "string");
});
