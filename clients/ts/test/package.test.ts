import "./unhandled.js";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

interface Packed { filename: string; size: number; files: { path: string }[] }

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
let folder: string;
let packed: Packed;

/** Runs a program in the package's folder; rejects with what it printed when it fails. */
async function run(program: string, args: string[]): Promise<string> {
  const options = { cwd: root, shell: process.platform === "win32", env: { ...process.env, NO_COLOR: "1" } };
  try {
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout: string; stderr: string };
    throw new Error([message, stdout, stderr].join("\n"));
  }
}

/** The script of a command that a development dependency brings. */
async function command(name: string, bin: string): Promise<string> {
  const manifest = join(root, "node_modules", name, "package.json");
  const { bin: bins } = JSON.parse(await readFile(manifest, "utf8")) as { bin: string | Record<string, string> };
  return resolve(manifest, "..", typeof bins === "string" ? bins : bins[bin] ?? "");
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "workroom-client-"));
  // Without scripts: `prepack` would build again under the feet of the tests that run beside this one.
  const [first] = JSON.parse(await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder])) as Packed[];
  assert.ok(first);
  packed = first;
});

after(() => rm(folder, { recursive: true, force: true }));

test("the package holds what it needs and no more, below 100 kB", () => {
  const others = packed.files.map(({ path }) => path).filter((path) => !/^dist\/[a-z]+\.(js|d\.ts)$/.test(path));
  assert.deepEqual(others.sort(), ["LICENSE", "README.md", "package.json"]);
  assert.ok(packed.size < 100_000, `${packed.size} bytes`);
});

test("publint has nothing to say", async () => {
  await run(process.execPath, [await command("publint", "publint"), join(folder, packed.filename), "--strict"]);
});

test("the types are found by everyone who can import the package", async () => {
  const attw = await command("@arethetypeswrong/cli", "attw");
  await run(process.execPath, [attw, join(folder, packed.filename), "--profile", "esm-only"]);
});

test("the declarations compile with the types of the Web alone, and of Node alone", async () => {
  const tsc = require.resolve("typescript/bin/tsc");
  for (const consumer of ["browser", "node"]) await run(process.execPath, [tsc, "-p", `test/consumer/${consumer}.json`]);
});

test("nothing that the core entry imports is of Node", async () => {
  const seen = new Set<string>();
  const follow = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = await readFile(join(root, "dist", file), "utf8");
    for (const [, from = ""] of text.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
      assert.match(from, /^\.\/[a-z]+\.js$/, `${file} imports ${from}`);
      await follow(from.slice(2));
    }
    assert.doesNotMatch(text, /\b(node:|process\.\w|Buffer\b|require\()/, file);
  };
  await follow("index.js");
  assert.ok(seen.has("client.js") && !seen.has("node.js"));
});

test("there are no dependencies", async () => {
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Record<string, unknown>;
  assert.deepEqual([manifest["dependencies"], manifest["peerDependencies"]], [undefined, undefined]);
});
