// Imported by every test file for its effect: a rejection that nobody handles fails the file.
import assert from "node:assert/strict";
import { after } from "node:test";

const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

after(async () => {
  // Node tells of a rejection once the microtasks that might have handled it have run.
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(unhandled, []);
});
