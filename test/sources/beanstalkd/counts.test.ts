import assert from "node:assert/strict";
import { test } from "node:test";
import { listItems, numberField, wordField } from "../../../src/sources/beanstalkd/counts.ts";

const TEXT = '---\nname: "orders"\ntube: a-b\ncurrent-jobs-ready: 12\npause: x\nlast: 3';

test("reads fields by their whole name, quoted or not, also the last one", () => {
  assert.equal(wordField(TEXT, "name"), "orders");
  assert.equal(wordField(TEXT, "tube"), "a-b");
  assert.equal(numberField(TEXT, "current-jobs-ready"), 12);
  assert.equal(numberField(TEXT, "last"), 3);
});

test("a field that is missing or no number is Malformed", () => {
  assert.throws(() => numberField(TEXT, "jobs-ready"), { kind: "Malformed", message: /expected the field jobs-ready/ });
  assert.throws(() => numberField(TEXT, "pause"), { kind: "Malformed", message: /expected a whole number as pause/ });
  assert.throws(() => numberField("---\nvalue: -1\n", "value"), { kind: "Malformed" });
  assert.throws(() => numberField("", "value"), { kind: "Malformed" });
});

test("reads a list", () => {
  assert.deepEqual(listItems('---\n- default\n- "orders"\n- a-b\n'), ["default", "orders", "a-b"]);
  assert.deepEqual(listItems("---\n"), []);
});
