import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { splitLeadingManifest } from "../../../src/formats/situations/decide-lines.ts";

test("whatever JSON the manifest and the rest are, the parts mean what the whole means", () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(object, fc.jsonValue(), fc.constantFrom(undefined, 2), (manifest, currentReplicas, indent) => {
      const line = JSON.stringify({ autoscaler: manifest, currentReplicas }, null, indent);
      const split = splitLeadingManifest(line);
      assert.deepEqual(JSON.parse(split?.manifest ?? ""), JSON.parse(JSON.stringify(manifest)));
      assert.deepEqual(JSON.parse(split?.rest ?? ""), { currentReplicas: JSON.parse(JSON.stringify(currentReplicas)) });
    }),
  );
});

test("any other line is left whole", () => {
  for (const line of [
    "",
    "{}",
    '{"currentReplicas":1,"autoscaler":{}}',
    '{"autoscaler":{}}',
    '{"autoscaler":{',
    '{"autoscaler":{"a":"}',
    '{"autoscaler":null,"a":1}',
  ]) {
    assert.equal(splitLeadingManifest(line), undefined, line);
  }
});
