import "./unhandled.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { type InboxSubscription, type InboxUpdate, WorkroomClient } from "workroom-client";
import { Peer } from "./memory.js";
import { message, room, TempStore } from "./workroom.js";

async function update(inbox: InboxSubscription): Promise<InboxUpdate> {
  const { value, done } = await inbox.next();
  assert.ok(!done, "the subscription has ended");
  return value;
}

const counts = { all: 0 };
const page = (id: string, as_of_seq: number, ...threads: string[]) =>
  ({ subscription_id: id, epoch: "e", items: threads.map((thread_id) => ({ thread_id })), counts, as_of_seq });
const changed = (id: string, as_of_seq: number, threads: string[], removed: string[]) => ({
  jsonrpc: "2.0",
  method: "inbox/changed",
  params: { subscription_id: id, items: threads.map((thread_id) => ({ thread_id })), removed, counts, as_of_seq },
});

test("what is not taken yet is merged", async () => {
  const peer = new Peer(({ id, method }) => {
    if (method !== "inbox/subscribe") return void peer.answer(id, {});
    peer.answer(id, page("s", 5, "a", "b"));
    void peer.send(changed("s", 6, ["b", "c"], []), changed("s", 7, [], ["a", "c"]), changed("other", 9, ["x"], []));
  });
  const client = new WorkroomClient(peer.transport);
  const inbox = client.followInbox({ view: "mentions" });
  await client.call("server/status");
  const { items, removed, as_of_seq, epoch } = await update(inbox);
  assert.deepEqual(items.map((item) => item.thread_id), ["b"]);
  assert.deepEqual([removed, as_of_seq, epoch], [["a", "c"], 7, "e"]);
  const waiting = inbox.next();
  await inbox.return();
  assert.deepEqual(await waiting, { value: undefined, done: true });
  assert.deepEqual((await peer.message("inbox/unsubscribe")).params, { subscription_id: "s" });
  peer.end();
  await client.close();
});

test("after a lost connection it goes on from where it was", async () => {
  const peers: Peer[] = [];
  const client = new WorkroomClient(() => {
    const number = peers.length + 1;
    const peer: Peer = new Peer(({ id, method }) => {
      peer.answer(id, method === "inbox/subscribe" ? page(`s${number}`, number * 10, `t${number}`) : {});
    });
    peers.push(peer);
    void peer.inputEnded.then(() => peer.end());
    return peer.transport;
  });
  const inbox = client.followInbox();
  assert.equal((await update(inbox)).as_of_seq, 10);
  await peers[0]?.send(changed("s1", 12, ["t1"], []));
  assert.equal((await update(inbox)).as_of_seq, 12);
  peers[0]?.end();
  // Until what has changed since was told, the position stays where it was.
  const resumed = await update(inbox);
  assert.deepEqual([resumed.items.length, resumed.as_of_seq], [1, 12]);
  assert.deepEqual((await peers[1]?.message("inbox/subscribe"))?.params, { as_of_seq: 12, epoch: "e" });
  await peers[1]?.send(changed("s2", 20, [], ["t1"]));
  assert.deepEqual((await update(inbox)).removed, ["t1"]);
  await client.close();
});

test("a refusal ends it", async () => {
  const peer = new Peer(({ id }) => peer.refuse(id, 1003, "cursor_expired"));
  const client = new WorkroomClient(peer.transport);
  const inbox = client.followInbox({ as_of_seq: 9 });
  await assert.rejects(inbox.next(), { kind: "cursor_expired" });
  assert.deepEqual(await inbox.next(), { value: undefined, done: true });
  peer.end();
  await client.close();
});

test("a server tells what comes and what another client has done with", async (t) => {
  const store = new TempStore(t);
  const env = { WORKROOM_HOME: store.home, CODEWHALE_RUNTIME_TOKEN: undefined, USER: "ada" };
  const client = await store.client({ env });
  const { thread_id } = await room(client);
  const { handle } = await client.call("owner/read", {});
  const agent = await store.client({
    env,
    initialize: { client_info: { name: "t", version: "1" }, agent: { provider: "p", model: "m", agent_id: "bot" } },
  });
  const inbox = client.followInbox({ view: "mentions" });
  assert.deepEqual((await update(inbox)).items, []);
  const { event } = await agent.call("event/append", message(thread_id, `@${handle} look`));
  const told = await update(inbox);
  assert.deepEqual(told.items.map(({ reasons, unread }) => [reasons[0]?.event_id, unread]), [[event.id, 1]]);
  const phone = await store.client({ env });
  await phone.call("inbox/archive", { thread_id, upto_seq: event.seq });
  assert.deepEqual((await update(inbox)).removed, [thread_id]);
});
