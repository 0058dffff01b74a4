import "./unhandled.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { LineReader } from "../dist/lines.js";

const encode = (text: string) => new TextEncoder().encode(text);

function read(chunks: Uint8Array[], maxBytes = 1 << 20): { lines: string[]; errors: string[] } {
  const errors: string[] = [];
  const reader = new LineReader(maxBytes, (error) => errors.push(error.message));
  const lines = chunks.flatMap((chunk) => [...reader.push(chunk)]);
  return { lines: [...lines, ...reader.end()], errors };
}

test("lines are the same however they are cut into chunks", () => {
  const bytes = encode(`{"a":"ä€😀"}\r\n\n  \n{"b":2}\nlast`);
  const expected = { lines: [`{"a":"ä€😀"}`, `{"b":2}`, "last"], errors: [] };
  assert.deepEqual(read([bytes]), expected);
  assert.deepEqual(read([...bytes].map((byte) => Uint8Array.of(byte))), expected);
  for (let first = 0; first <= bytes.length; first += 1) {
    for (let second = first; second <= bytes.length; second += 1) {
      const chunks = [bytes.slice(0, first), bytes.slice(first, second), bytes.slice(second)];
      assert.deepEqual(read(chunks), expected, `cut at ${first} and ${second}`);
    }
  }
});

test("a chunk whose buffer is used again does not change a line", () => {
  const reader = new LineReader(100, () => {});
  const chunk = encode("abc");
  assert.deepEqual([...reader.push(chunk)], []);
  chunk.fill(0x7a);
  assert.deepEqual([...reader.push(encode("\n"))], ["abc"]);
});

test("a line of 16 MiB is read", () => {
  const text = "é".repeat(8 * 1024 * 1024);
  const bytes = encode(`${text}\nnext\n`);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 65_535) chunks.push(bytes.subarray(at, at + 65_535));
  const { lines } = read(chunks, 16 * 1024 * 1024);
  assert.equal(lines.length, 2);
  assert.ok(lines[0] === text);
});

test("an overlong line is skipped, in pieces or whole, and the next is read", () => {
  const expected = { lines: ["ok", "ok"], errors: ["a line of 11 bytes is longer than 10"] };
  assert.deepEqual(read([encode("ok\nhello world\nok\n")], 10), expected);
  assert.deepEqual(read([encode("ok\nhello "), encode("wor"), encode("ld\nok\n")], 10), expected);
});

test("a line that is not UTF-8 is skipped, and the next is read", () => {
  const { lines, errors } = read([Uint8Array.of(0xc3, 0x28, 0x0a), encode("ok\n")]);
  assert.deepEqual(lines, ["ok"]);
  assert.deepEqual(errors, ["a line is not UTF-8"]);
});
