import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { WorkroomError } from "workroom-client";
import { room, TempStore } from "./workroom.js";

const builder = {
  client_info: { name: "test", version: "1" },
  agent: { provider: "acme", model: "m-1", agent_id: "builder" },
};

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  test(`waiting for an approval outlives the server's ${signal}`, (t) => outlive(t, signal));
}

async function outlive(t: TestContext, signal: NodeJS.Signals): Promise<void> {
  const store = new TempStore(t);
  const person = await store.client();
  const reconnect = { minDelayMs: 10, attempts: 100 };
  const agent = await store.client({ restart: true, initialize: builder, reconnect });
  const { thread_id } = await room(person);
  const asked = await agent.call("approval/request", { thread_id, tool_name: "shell", summary: "git push" });
  const waiting = agent.waitForApproval(asked.approval_id);
  const { pid } = await agent.call("server/status");
  process.kill(pid, signal);
  const { approval_id, action_digest } = asked;
  const decided = await person.call("approval/decide", { approval_id, action_digest, decision: "approved" });
  assert.deepEqual(await waiting, decided);
}

test("waiting for an approval can be given up, and ends with the client", async (t) => {
  const client = await new TempStore(t).client({ restart: true, initialize: builder });
  const { thread_id } = await room(client);
  const { approval_id } = await client.call("approval/request", { thread_id, tool_name: "t", summary: "s" });
  const stop = new AbortController();
  const waiting = client.waitForApproval(approval_id, { signal: stop.signal });
  stop.abort(new Error("given up"));
  await assert.rejects(waiting, { message: "given up" });
  const another = client.waitForApproval(approval_id);
  await Promise.all([assert.rejects(another), client.close()]);
});

test("a token's bearer has its rights, and their subscriptions end when it is revoked", async (t) => {
  const store = new TempStore(t);
  const person = await store.client();
  const { workroom_id, thread_id } = await room(person);
  const { token, secret } = await person.call("token/create", {
    handle: "bob", kind: "human", scopes: ["read"], workrooms: [workroom_id],
  });
  assert.ok(secret !== undefined);
  const env = { WORKROOM_HOME: store.home };
  const bob = await store.client({ token: secret, env });
  const append = { thread_id, kind: { event: "message", content: "x" } } as const;
  await assert.rejects(bob.call("event/append", append), { kind: "forbidden" });
  const events = bob.subscribe({ thread_id });
  const inbox = bob.followInbox();
  await events.ready();
  await inbox.next();
  await person.call("token/revoke", { token_id: token.token_id });
  const ended = (error: unknown) => error instanceof WorkroomError && error.kind === "unauthenticated";
  await assert.rejects(events.next(), ended);
  await assert.rejects(inbox.next(), ended);
  await assert.rejects(bob.call("workroom/list"), ended);
});
