// Runs real agents, each configured by `workroom mcp install`, with a scripted model: one begins, each of the others
// continues from the link, and one requests an approval that a person decides in a third process.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startModel } from "./model.mjs";

const binary = process.env.WORKROOM_BIN ?? assert.fail("WORKROOM_BIN names the binary under test");
const bin = (name) => fileURLToPath(new URL(`node_modules/.bin/${name}`, import.meta.url));
const home = mkdtempSync(path.join(tmpdir(), "workroom-agents-"));
const work = path.join(home, "work");
const store = path.join(home, "store");
let model;

const QUIET = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_TELEMETRY: "1", DISABLE_AUTOUPDATER: "1", ENABLE_TOOL_SEARCH: "false",
  OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
  OPENCODE_DISABLE_DEFAULT_PLUGINS: "1", GEMINI_CLI_TRUST_WORKSPACE: "true", NO_PROXY: "127.0.0.1",
};

/** How each is run on the model, with a prompt. */
const AGENTS = {
  claude: (prompt) => [["claude", "-p", prompt, "--allowedTools", "mcp__workroom__*"], {
    ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: "mock", ANTHROPIC_MODEL: "claude-mock",
  }],
  codex: (prompt) => [
    ["codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", prompt], {},
  ],
  gemini: (prompt) => [["gemini", "--yolo", "-p", prompt], {
    GEMINI_API_KEY: "mock", GOOGLE_GEMINI_BASE_URL: model.url,
  }],
  opencode: (prompt) => [["opencode", "run", "--pure", "--model", "mock/m", prompt], {
    OPENCODE_CONFIG_CONTENT: JSON.stringify({
      provider: {
        mock: {
          npm: "@ai-sdk/openai-compatible", name: "mock", models: { m: { name: "m", tool_call: true } },
          options: { baseURL: `${model.url}/v1`, apiKey: "mock" },
        },
      },
      small_model: "mock/m",
    }),
  }],
};

/** Workroom itself, as the person: what it prints. */
const workroom = (...args) => execFileSync(binary, ["--home", store, ...args], { env: { ...process.env, USER: "ada" } }).toString();
const call = (method, params = {}) => JSON.parse(workroom("call", method, JSON.stringify(params)));

/** Lets an agent call a tool, and returns what it said in the end. */
function run(agent, tool, args) {
  const [[program, ...rest], env] = AGENTS[agent](`CALL ${tool} ${JSON.stringify(args)} END`);
  return new Promise((resolve, reject) => {
    const options = { cwd: work, env: { ...process.env, USER: "ada", HOME: home, ...QUIET, ...env }, timeout: 120_000 };
    const child = execFile(bin(program), rest, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${agent}: ${error.message}\n${stdout}\n${stderr}`));
      else resolve(stdout);
    });
    child.stdin.end();
  });
}

before(async () => {
  model = await startModel();
  mkdirSync(work);
  execFileSync("git", ["init", "--quiet", work]);
  mkdirSync(path.join(home, ".codex"));
  const provider = `[model_providers.mock]\nname = "mock"\nbase_url = "${model.url}/v1"\nwire_api = "responses"\n`;
  writeFileSync(path.join(home, ".codex/config.toml"), `model = "m"\nmodel_provider = "mock"\n\n${provider}`);
  mkdirSync(path.join(home, ".gemini"));
  const auth = { security: { auth: { selectedType: "gemini-api-key" } } };
  writeFileSync(path.join(home, ".gemini/settings.json"), JSON.stringify(auth));
  for (const agent of Object.keys(AGENTS)) {
    const args = ["mcp", "install", agent, "--yes", "--home", store];
    execFileSync(binary, args, { env: { ...process.env, HOME: home }, stdio: "ignore" });
  }
});
after(async () => {
  await model.close();
  rmSync(home, { recursive: true, force: true });
});

test("four agents of four vendors share a thread, and a person approves an action of one of them", async () => {
  const begun = await run("claude", "create_thread", { title: "Fix the cache" });
  const [thread] = call("thread/list").threads;
  assert.equal(thread?.title, "Fix the cache", begun);
  for (const agent of Object.keys(AGENTS)) {
    assert.match(await run(agent, "resolve_workroom_link", { link: thread.link }), /Fix the cache/, agent);
    await run(agent, "post_update", { thread: thread.id, type: "receipt", text: `done by ${agent}` });
  }
  const { events } = call("event/list", { kinds: ["receipt"] });
  assert.deepEqual(events.map(({ kind }) => kind.summary), Object.keys(AGENTS).map((agent) => `done by ${agent}`));
  assert.deepEqual(
    events.map(({ actor, agent }) => [actor.kind, actor.handle, agent.provider]),
    [["agent", "claude-code", "anthropic"], ["agent", "codex", "openai"], ["agent", "gemini", "google"], ["agent", "opencode", "opencode"]],
  );

  const asking = run("codex", "request_approval", { thread: thread.id, tool_name: "bash", summary: "git push" });
  const inbox = spawn(binary, ["--home", store, "inbox", "--watch", "--json"], { env: { ...process.env, USER: "ada" } });
  let seen = "";
  for await (const chunk of inbox.stdout) {
    seen += chunk;
    if (/apr_[0-9a-f]{32}/.test(seen)) break;
  }
  inbox.kill();
  workroom("approve", seen.match(/apr_[0-9a-f]{32}/)[0], "--yes", "--reason", "after the freeze");
  const told = await asking;
  assert.match(told, /approved/);
  assert.match(told, /after the freeze/);
});
