import "./unhandled.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkroomClient, type Subscription } from "workroom-client";
import { MemoryLog, Peer, appended, event, range, turn } from "./memory.js";

/** The positions of the next `count` events. */
async function take(subscription: Subscription, count: number): Promise<number[]> {
  const seqs: number[] = [];
  while (seqs.length < count) {
    const { value, done } = await subscription.next();
    assert.ok(!done, "the subscription has ended");
    seqs.push(value.seq);
  }
  return seqs;
}

function open() {
  const log = new MemoryLog();
  return { log, client: new WorkroomClient(log.connect) };
}

test("history comes first, then live events", async () => {
  const { log, client } = open();
  log.append(5);
  const subscription = client.subscribe({ workroom_id: "wr_1", kinds: ["message"], after_seq: 2 });
  assert.deepEqual(await take(subscription, 3), [3, 4, 5]);
  log.append(2);
  assert.deepEqual(await take(subscription, 2), [6, 7]);
  const { params } = await log.peer.message("event/subscribe");
  assert.deepEqual(params, { workroom_id: "wr_1", kinds: ["message"], after_seq: 2 });
  await client.close();
});

test("without a position only live events come, also when they are appended right after", async () => {
  const { log, client } = open();
  log.append(5);
  void client.call("event/append", { thread_id: "thr_1", kind: { event: "message", content: "before" } });
  const subscription = client.subscribe();
  void client.call("event/append", { thread_id: "thr_1", kind: { event: "message", content: "after" } });
  assert.deepEqual(await take(subscription, 1), [7]);
  await client.close();
});

test("events in the same chunk as the answer are delivered", async () => {
  const peer = new Peer(({ id, method }) => {
    if (method !== "event/subscribe") return;
    void peer.send({ jsonrpc: "2.0", id, result: { subscription_id: "s", epoch: "e", head_seq: 0 } }, ...range(1, 9).map((seq) => appended("s", event(seq))));
  });
  const client = new WorkroomClient(peer.transport);
  assert.deepEqual(await take(client.subscribe({ after_seq: 0 }), 9), range(1, 9));
});

test("an event that the server repeats is delivered once", async () => {
  const { log, client } = open();
  const subscription = client.subscribe({ after_seq: 0 });
  await subscription.ready();
  void log.peer.send(...[1, 1, 2, 1, 3].map((seq) => appended("sub_1", event(seq))));
  assert.deepEqual(await take(subscription, 3), [1, 2, 3]);
  await client.close();
});

test("break unsubscribes and ends the iteration", async () => {
  const { log, client } = open();
  log.append(3);
  const subscription = client.subscribe({ after_seq: 0 });
  for await (const { seq } of subscription) if (seq === 2) break;
  assert.deepEqual(await subscription.next(), { value: undefined, done: true });
  assert.deepEqual((await log.peer.message("event/unsubscribe")).params, { subscription_id: "sub_1" });
  await client.call("server/status");
  assert.equal(log.subscriptions, 0);
  await client.close();
});

test("return ends those who wait for an event", async () => {
  const { client } = open();
  const subscription = client.subscribe();
  const waiting = [subscription.next(), subscription.next()];
  await subscription.return();
  const end = { value: undefined, done: true };
  assert.deepEqual(await Promise.all(waiting), [end, end]);
  await client.close();
});

test("a subscription that ends before the server has answered does not live on there", async () => {
  const { log, client } = open();
  const subscription = client.subscribe();
  void subscription.return();
  await assert.rejects(subscription.ready(), /the subscription has ended/);
  await log.peer.message("event/unsubscribe");
  await client.call("server/status");
  assert.equal(log.subscriptions, 0);
  await client.close();
});

test("an abort throws the signal's reason and unsubscribes", async () => {
  const { log, client } = open();
  log.append(3);
  const abort = new AbortController();
  const reason = new Error("enough");
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const { seq } of client.subscribe({ after_seq: 0 }, { signal: abort.signal })) {
      seen.push(seq);
      if (seq === 2) abort.abort(reason);
    }
  }, (thrown) => thrown === reason);
  assert.deepEqual(seen, [1, 2]);
  await log.peer.message("event/unsubscribe");
  const late = client.subscribe({}, { signal: abort.signal });
  await assert.rejects(late.next(), (thrown) => thrown === reason);
  await client.call("server/status");
  assert.equal(log.subscriptions, 0);
  await client.close();
});

test("the cursor says what was taken, and goes on from there elsewhere", async () => {
  const { log, client } = open();
  log.append(4);
  const subscription = client.subscribe({ thread_id: "thr_1", after_seq: 1 });
  const cursor = () => subscription.cursor;
  assert.equal(cursor(), undefined);
  await subscription.ready();
  assert.deepEqual(cursor(), { after_seq: 1, epoch: "epoch_1" });
  await take(subscription, 2);
  assert.deepEqual(cursor(), { after_seq: 3, epoch: "epoch_1" });
  await client.close();
  const other = new WorkroomClient(log.connect);
  assert.deepEqual(await take(other.subscribe({ thread_id: "thr_1", ...cursor() }), 1), [4]);
  const { params } = await log.peer.message("event/subscribe");
  assert.deepEqual(params, { thread_id: "thr_1", after_seq: 3, epoch: "epoch_1" });
  await other.close();
});

test("a slow consumer lags, loses nothing, and holds up nobody", async () => {
  const { log, client } = open();
  log.append(5_000);
  const slow = client.subscribe({ after_seq: 0 }, { maxQueue: 16 });
  const fast = client.subscribe({ after_seq: 0 });
  assert.deepEqual(await take(fast, 5_000), range(1, 5_000));
  assert.equal((await client.call("server/status")).head_seq, 5_000);
  const seen: number[] = [];
  for await (const { seq } of slow) {
    seen.push(seq);
    if (seq % 500 === 0) await turn();
    if (seq === 5_000) break;
  }
  assert.deepEqual(seen, range(1, 5_000));
  await client.close();
});

test("while nobody takes events, no more are sent than the queue holds and what was on its way", async () => {
  const { log, client } = open();
  log.append(5_000);
  const subscription = client.subscribe({ after_seq: 0 }, { maxQueue: 100 });
  await log.peer.message("event/unsubscribe");
  await client.call("server/status");
  await turn();
  assert.ok(log.sent <= 300, `${log.sent} were sent`);
  assert.equal(log.subscriptions, 0);
  assert.deepEqual(await take(subscription, 5_000), range(1, 5_000));
  await client.close();
});

test("a consumer that keeps up is never unsubscribed", async () => {
  const { log, client } = open();
  log.append(5_000);
  const subscription = client.subscribe({ after_seq: 0 }, { maxQueue: 60 });
  assert.deepEqual(await take(subscription, 5_000), range(1, 5_000));
  assert.equal(log.sent, 5_000);
  await client.close();
});

test("a position of another store is an error of the iteration", async () => {
  const { log, client } = open();
  const subscription = client.subscribe({ after_seq: 5, epoch: "another" });
  await assert.rejects(subscription.next(), { name: "WorkroomError", kind: "cursor_expired", method: "event/subscribe" });
  assert.deepEqual(await subscription.next(), { value: undefined, done: true });
  await assert.rejects(subscription.ready(), { kind: "cursor_expired" });
  assert.equal(log.subscriptions, 0);
  await client.close();
});

test("a server that is busy is asked again", async () => {
  let refused = 0;
  const peer = new Peer(({ id, method }) => {
    if (method !== "event/subscribe") return;
    if (++refused <= 2) return peer.refuse(id, 1006, "busy", { retry_after_ms: 1 });
    void peer.send({ jsonrpc: "2.0", id, result: { subscription_id: "s", epoch: "e", head_seq: 1 } }, appended("s", event(2)));
  });
  const client = new WorkroomClient(peer.transport);
  assert.deepEqual(await take(client.subscribe(), 1), [2]);
  assert.equal(refused, 3);
});

test("when the connection ends for good, what was queued is delivered before the error", async () => {
  const log = new MemoryLog();
  log.append(3);
  const client = new WorkroomClient(log.connect());
  const subscription = client.subscribe({ after_seq: 0 });
  await subscription.ready();
  await client.call("server/status");
  log.kill();
  await turn();
  assert.deepEqual(await take(subscription, 3), [1, 2, 3]);
  await assert.rejects(subscription.next(), { name: "ConnectionClosedError" });
  assert.deepEqual(await subscription.next(), { value: undefined, done: true });
  await assert.rejects(client.subscribe().next(), { name: "ConnectionClosedError" });
});

test("close ends subscriptions quietly", async () => {
  const { client } = open();
  const subscription = client.subscribe();
  const waiting = subscription.next();
  await client.close();
  assert.deepEqual(await waiting, { value: undefined, done: true });
  await assert.rejects(client.subscribe().next(), { name: "ConnectionClosedError" });
});
