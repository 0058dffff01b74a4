import "./unhandled.js";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { room, TempStore } from "./workroom.js";

interface Reference {
  kind: string;
  owner: string;
  repo: string;
  host?: string;
  number?: number;
  sha?: string;
  check_run_id?: number;
}

/** What the parts of a path are called on pages and in the API, and what they name. */
const KINDS: Record<string, [kind: string, id: "number" | "sha" | "check_run_id"]> = {
  "issues": ["git_hub_issue", "number"],
  "pull": ["git_hub_pull_request", "number"],
  "pulls": ["git_hub_pull_request", "number"],
  "commit": ["git_hub_commit", "sha"],
  "commits": ["git_hub_commit", "sha"],
  "git/commits": ["git_hub_commit", "sha"],
  "runs": ["git_hub_check", "check_run_id"],
  "check-runs": ["git_hub_check", "check_run_id"],
};
const REPO = "([^/]+)/([^/]+)";
// Some payloads have the API's path on the host of the pages.
const PAGE = new RegExp(`^https?://([^/]+)/(?:repos/)?${REPO}/(issues|pull|commit|runs)/(\\d+|[0-9a-f]{40})(?:[/.?#].*)?$`);
const API = new RegExp(
  `^https?://(api\\.github\\.com|[^/]+/api/v3)/repos/${REPO}/(issues|pulls|commits|git/commits|check-runs)/(\\d+|[0-9a-f]{40})(?:/.*)?$`,
);

/** What `url` refers to, if it is the address of an issue, a pull request, a commit or a check run, or of a part of one. */
function expected(url: string): Reference | undefined {
  const [, site = "", owner = "", repo = "", noun = "", id = ""] = API.exec(url) ?? PAGE.exec(url) ?? [];
  const [kind, field] = KINDS[noun] ?? [];
  // Templates such as `…/labels{/name}` are not addresses.
  if (kind === undefined || field === undefined || url.includes("{")) return undefined;
  const host = site.replace("/api/v3", "");
  const enterprise = host === "github.com" || host === "api.github.com" ? {} : { host };
  return { kind, owner, repo, [field]: field === "sha" ? id : Number(id), ...enterprise };
}

/** Every string in `value` that is a URL. */
function urls(value: unknown): string[] {
  if (typeof value === "string") return /^https?:/.test(value) ? [value] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(urls) : [];
}

/** The URLs of all example payloads, of github.com and of every Enterprise version. */
function examples(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve("@octokit/webhooks-examples/package.json"));
  const sites = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== "node_modules");
  const payloads = sites.map(({ name }) => JSON.parse(readFileSync(join(folder, name, "index.json"), "utf8")) as unknown);
  return [...new Set(urls(payloads))];
}

test("every URL of an issue, a pull request, a commit or a check run in GitHub's payloads is understood", async (t) => {
  const client = await new TempStore(t).client();
  const { workroom_id } = await room(client);
  const wrong: unknown[] = [];
  const seen = new Map<string, number>();
  for (const url of examples()) {
    const reference = expected(url);
    if (reference === undefined) continue;
    seen.set(reference.kind, (seen.get(reference.kind) ?? 0) + 1);
    const { id: thread_id } = await client.call("thread/create", { workroom_id, title: url.slice(0, 100), kind: "agent_task" });
    const outcome = await client.call("thread/attachRef", { thread_id, url }).catch((error: Error) => error.message);
    const attached = typeof outcome === "string" ? outcome : outcome.external_refs.map(onlyReference);
    try {
      assert.deepEqual(attached, [reference]);
    } catch {
      wrong.push({ url, expected: reference, attached });
    }
  }
  assert.deepEqual(wrong, []);
  // The payloads hold all kinds; a mistake in the patterns above would make the test say nothing.
  assert.deepEqual([...seen.keys()].sort(), ["git_hub_check", "git_hub_commit", "git_hub_issue", "git_hub_pull_request"]);
  assert.ok([...seen.values()].every((count) => count >= 10), JSON.stringify([...seen]));
});

function onlyReference(attached: object): object {
  const { title, url, primary, attached_at, ...reference } = attached as Record<string, unknown>;
  assert.equal(primary, true);
  assert.equal(typeof attached_at, "string");
  void [title, url];
  return reference;
}
