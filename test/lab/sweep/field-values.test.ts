import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFieldValues } from "../../../src/lab/sweep/field-values.ts";
import { FieldPathError, fieldKeys, setField } from "../../../src/lab/sweep/policy-document.ts";
import { UserError } from "../../../src/shared/user-error.ts";

const valuesOf = (text: string) => parseFieldValues("--sweep", `spec.a=${text}`).values();

test("parses single values, lists, ranges, steps, factors and percentages, each value once", () => {
  assert.deepEqual(valuesOf("7"), [7]);
  assert.deepEqual(valuesOf("1..5"), [1, 2, 3, 4, 5]);
  assert.deepEqual(valuesOf("10..45/10"), [10, 20, 30, 40]);
  assert.deepEqual(valuesOf("0..0.3/0.1"), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(valuesOf("1..100*10"), [1, 10, 100]);
  assert.deepEqual(valuesOf("-2..0"), [-2, -1, 0]);
  assert.deepEqual(valuesOf("10%..50%/20"), ["10%", "30%", "50%"]);
  assert.deepEqual(valuesOf("3..5,4,1,50%,true,Hold"), [3, 4, 5, 1, "50%", true, "Hold"]);
});

test("counts the values of a huge range without creating them", () => {
  assert.equal(parseFieldValues("--sweep", "a=1..1000000000000").count, 1e12);
  assert.equal(parseFieldValues("--sweep", "a=1..1024*2,5,6").count, 13);
});

test("refuses what is not a field with values and says what it expected", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["spec.a", /expected FIELD=VALUES such as .*, got "spec\.a"/],
    ["=5", /expected FIELD=VALUES/],
    ["__proto__.x=5", /expected FIELD=VALUES/],
    ["spec..a=5", /expected FIELD=VALUES/],
    ["a=", /--sweep a: expected values between the commas, got none/],
    ["a=1,,2", /expected values between the commas/],
    ["a=5..1", /expected a range that goes up, got "5\.\.1"/],
    ["a=1..x", /expected a range of numbers .* got "1\.\.x"/],
    ["a=1..5/0", /expected a step above 0, got "1\.\.5\/0"/],
    ["a=1..5*1", /expected a factor above 1/],
    ["a=0..5*2", /a beginning above 0/],
    ["a=10%..50", /expected both ends as percentages or none/],
  ];
  for (const [text, expected] of cases) {
    assert.throws(() => parseFieldValues("--sweep", text), { name: UserError.name, message: expected }, text);
  }
});

const DOCUMENT = { spec: { min: 1, signals: [{ name: "queue", backlog: { each: 5 } }, { name: "lag" }] } };

test("finds an entry of a list by index or name, and creates a missing mapping", () => {
  assert.deepEqual(fieldKeys("spec.signals[lag].band.low", DOCUMENT), ["spec", "signals", 1, "band", "low"]);
  const keys = fieldKeys("spec.signals[0].backlog.each", DOCUMENT);
  assert.deepEqual(keys, ["spec", "signals", 0, "backlog", "each"]);
  const before = JSON.stringify(DOCUMENT);
  const changed = setField(DOCUMENT, keys, 9) as typeof DOCUMENT;
  assert.equal(changed.spec.signals[0]?.backlog?.each, 9);
  assert.deepEqual(setField({}, ["a", "b"], 1), { a: { b: 1 } });
  assert.equal(JSON.stringify(DOCUMENT), before, "the document itself stays as it is");
});

test("a path that does not exist says where it ends", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["spec.signals[mail].x", /expected one of the list's entries queue, lag, got \[mail\]/],
    ["spec.signals[2].x", /expected one of the list's entries/],
    ["spec.signals.queue", /expected an entry of the list before \.queue/],
    ["spec.min[0]", /expected a mapping at min, got 1/],
    ["spec.min.x", /expected a mapping at min, got 1/],
    ["spec", /expected a field with one value, got a mapping or a list/],
  ];
  for (const [path, expected] of cases) {
    assert.throws(() => fieldKeys(path, DOCUMENT), { name: FieldPathError.name, message: expected }, path);
  }
});
