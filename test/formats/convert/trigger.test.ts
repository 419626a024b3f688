import assert from "node:assert/strict";
import { test } from "node:test";
import { TRIGGERS } from "../../../src/formats/convert/keda-triggers.ts";
import { readFields as readFieldsOf } from "../../../src/formats/convert/trigger.ts";

const readFields = (type: string, metadata: Record<string, string>) => readFieldsOf(TRIGGERS[type] ?? {}, metadata);

test("reads switches as Go's ParseBool does, and refuses any other word", () => {
  const read = (unsafeSsl: string) => readFields("prometheus", { unsafeSsl });
  for (const text of ["1", "t", "T", "TRUE", "true", "True", " true "]) {
    assert.deepEqual(read(text), { settings: { unsafeSsl: "true" }, problems: [] });
  }
  for (const text of ["0", "f", "F", "FALSE", "false", "False"]) {
    assert.deepEqual(read(text), { settings: { unsafeSsl: "false" }, problems: [] });
  }
  for (const text of ["yes", "on", "tRUE", "2", "enable"]) {
    const { problems } = read(text);
    assert.equal(problems[0]?.path, "metadata.unsafeSsl");
    assert.match(problems[0]?.message ?? "", /^expected true or false \(1, t, .*\), got "/);
  }
});

test("reads numbers as KEDA hands them on, and refuses what is none", () => {
  const read = (type: string, field: string, text: string) => readFields(type, { [field]: text }).settings[field];
  assert.equal(read("prometheus", "threshold", "100.5"), "100.5");
  assert.equal(read("prometheus", "threshold", "1e3"), "1000");
  assert.equal(read("prometheus", "threshold", "0.33333"), "0.333", "in thousandths");
  assert.equal(read("prometheus", "threshold", "1.2345"), "1.234", 'Go\'s "%.3f" of the binary fraction');
  assert.equal(read("prometheus", "threshold", "0.0005"), "0.001");
  assert.equal(read("prometheus", "activationThreshold", "-1.5"), "-1.5");
  assert.equal(read("kafka", "lagThreshold", "50"), "50");
  for (const text of ["0", "-5", "0.0001", "many", "NaN", "Infinity", "0x10", "5 0"]) {
    assert.equal(read("prometheus", "threshold", text), undefined, text);
  }
  for (const text of ["0", "5.5", "1e3", "ten"]) assert.equal(read("kafka", "lagThreshold", text), undefined, text);
});

test("leaves out empty values, as KEDA does", () => {
  assert.deepEqual(readFields("redis", { listName: " jobs ", listLength: " ", username: "" }).settings, {
    listName: "jobs",
  });
});
