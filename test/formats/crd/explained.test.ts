import assert from "node:assert/strict";
import { test } from "node:test";
import { crdFields } from "../../support/crd-fields.ts";

/** How a number's description says what it counts. */
const UNITS =
  /seconds?\b|replicas?\b|messages?\b|jobs\b|workers?\b|percent|share\b|port\b|partition|number of|generation|value\b|band\b/i;

for (const [file, least] of [
  ["muster.dev_workerautoscalers", 280],
  ["k8s.practo.dev_workerpodautoscalers", 30],
] as const) {
  const fields = crdFields(`deploy/crds/${file}.yaml`);

  test(`each field of ${file} has a meaning, for kubectl explain`, () => {
    assert.ok(fields.length > least, `${fields.length} fields`);
    assert.deepEqual(
      fields.filter(([, { description }]) => !/^[A-Z].{8,}/.test(description ?? "")).map(([path]) => path),
      [],
    );
  });

  test(`each number of ${file} says what it counts`, () => {
    const numbers = fields.filter(([, { type }]) => type === "integer" || type === "number");
    assert.ok(numbers.length > 5);
    assert.deepEqual(
      numbers
        .filter(([, { description }]) => !UNITS.test(description ?? ""))
        .map(([path, field]) => [path, field.description]),
      [],
    );
  });
}
