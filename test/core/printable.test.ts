import assert from "node:assert/strict";
import { test } from "node:test";
import { printable, printableDeep, printableLines } from "../../src/core/index.ts";

for (const [what, text, expected] of [
  ["an escape sequence of a terminal", "\u001b[2J", "\\u001b[2J"],
  ["one of a single C1 character", "\u009b2J", "\\u009b2J"],
  ["line ends and tabs", "a\r\nb\tc", "a\\r\\nb\\tc"],
  ["line ends of Unicode", "a\u2028b\u2029c\u0085d", "a\\u2028b\\u2029c\\u0085d"],
  ["a bidirectional override and isolates", "a\u202eb\u2066c\u2069", "a\\u202eb\\u2066c\\u2069"],
  ["zero-width characters", "a\u200bb\u200dc\ufeffd", "a\\u200bb\\u200dc\\ufeffd"],
  ["invisible tags", "a\u{e0041}", "a\\udb40\\udc41"],
  ["characters that nobody sees", "a\u034fb\ufe0fc\u180bd\u3164", "a\\u034fb\\ufe0fc\\u180bd\\u3164"],
  ["a bell and a backspace", "\u0007\b\u007f", "\\u0007\\u0008\\u007f"],
] as const) {
  test(`escapes ${what}`, () => {
    assert.equal(printable(text), expected);
    assert.equal(printable(printable(text)), expected);
  });
}

test("leaves letters of all scripts, signs and emoji as they are", () => {
  for (const text of ["größer → 3", "日本語", "مرحبا", "\u{1f511}", 'a "b" \\ c']) assert.equal(printable(text), text);
});

test("JSON stays the same JSON", () => {
  const value = { a: "\u001b[2J\u202e\u{e0041}\n", b: ["\u009b"] };
  assert.deepEqual(JSON.parse(printable(JSON.stringify(value))), value);
});

test("a laid-out text keeps its lines, and a value its shape", () => {
  assert.equal(printableLines("a\n\tb\u001b[1A\r"), "a\n\tb\\u001b[1A\\r");
  assert.deepEqual(printableDeep({ "a\n": ["b\u001b", 1, null, { c: true }] }), {
    "a\\n": ["b\\u001b", 1, null, { c: true }],
  });
});
