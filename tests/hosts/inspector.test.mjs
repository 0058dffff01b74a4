// Runs the MCP inspector, which uses the protocol's own SDK, on every tool, resource and prompt.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const manifest = require.resolve("@modelcontextprotocol/inspector/package.json");
const inspector = path.resolve(path.dirname(manifest), require(manifest).bin["mcp-inspector"]);
const binary = process.env.WORKROOM_BIN ?? assert.fail("WORKROOM_BIN names the binary under test");

const home = mkdtempSync(path.join(tmpdir(), "workroom-hosts-"));
const env = { ...process.env, WORKROOM_HOME: path.join(home, "store"), HOME: home, USER: "ada" };
delete env.CODEWHALE_RUNTIME_TOKEN;
after(() => rmSync(home, { recursive: true, force: true }));
// Not the home folder itself, because no workroom is created for it.
const work = path.join(home, "work");
mkdirSync(work);

/** What the inspector prints for a method. */
async function inspect(method, ...options) {
  const args = [inspector, "--cli", binary, "mcp", "--method", method, ...options];
  const { stdout } = await run(process.execPath, args, { env, cwd: work });
  return JSON.parse(stdout);
}

/** What a tool says; the inspector has checked it against the tool's output schema. */
async function tool(name, args = {}) {
  const given = Object.entries(args).flatMap(([key, value]) => ["--tool-arg", `${key}=${value}`]);
  const result = await inspect("tools/call", "--tool-name", name, ...given);
  assert.equal(result.isError, false, JSON.stringify(result));
  called.add(name);
  return result.structuredContent;
}

const called = new Set();
let thread;
before(async () => {
  writeFileSync(path.join(work, "notes.md"), "# Notes\n");
  thread = await tool("create_thread", { title: "Fix the cache" });
});

test("every tool", async () => {
  const { tools } = await inspect("tools/list");
  const { id, link, workroom_id: workroom } = thread;
  await tool("post_update", { thread: id, type: "receipt", text: "done" });
  await tool("post_update", { thread: link, type: "artifact", path: "notes.md" });
  await tool("attach_reference", { thread: id, reference: "acme/rocket#7" });
  assert.equal((await tool("list_workrooms")).workrooms[0].id, workroom);
  assert.equal((await tool("list_threads", { workroom })).threads[0].id, id);
  assert.ok((await tool("read_thread", { thread: id, limit: 2 })).more);
  assert.match((await tool("resolve_workroom_link", { link })).markdown, /# Thread: Fix the cache/);
  assert.equal((await tool("search_workrooms", { query: "done" })).hits.length, 1);
  const approval = { thread: id, tool_name: "bash", summary: "push", wait_seconds: 0 };
  assert.equal((await tool("request_approval", approval)).state, "pending");
  assert.equal((await tool("ask_human", { thread: id, question: "which?", wait_seconds: 0 })).state, "waiting");
  assert.equal((await tool("check_inbox")).unread, 0);
  await tool("mark_done", { thread: id, upto_seq: 1 });
  assert.deepEqual([...called].sort(), tools.map((tool) => tool.name).sort());
});

test("every resource and template", async () => {
  const { resources } = await inspect("resources/list");
  assert.equal(resources.length, 1);
  for (const uri of [resources[0].uri, thread.link]) {
    const { contents } = await inspect("resources/read", "--uri", uri);
    assert.equal(contents[0].uri, uri);
    assert.match(contents[0].text, /Fix the cache/);
  }
  assert.equal((await inspect("resources/templates/list")).resourceTemplates.length, 3);
});

test("every prompt", async () => {
  const { prompts } = await inspect("prompts/list");
  const args = { catch_up: ["link", thread.link], hand_over: ["thread", thread.id] };
  for (const { name } of prompts) {
    const given = name in args ? ["--prompt-args", args[name].join("=")] : [];
    const { messages } = await inspect("prompts/get", "--prompt-name", name, ...given);
    assert.equal(messages[0].role, "user");
  }
  assert.equal(prompts.length, 3);
});
