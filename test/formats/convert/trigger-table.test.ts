import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { TRIGGERS } from "../../../src/formats/convert/keda-triggers.ts";
import { REFUSED } from "../../../src/formats/convert/refused-triggers.ts";
import { parseScaledObject } from "../../../src/formats/scaled-object.ts";

const PAGE = readFileSync(new URL("../../../docs/migrating-from-keda.md", import.meta.url), "utf8");
const ROWS = new Map(
  [...PAGE.matchAll(/^\| ([a-z-]+) \| ((?:runs|refused).*) \|$/gm)].map(([, type, says]) => [type, says]),
);

test("the table of KEDA's triggers has each of them once, and says of those with a source that they run", () => {
  assert.deepEqual([...ROWS.keys()].sort(), [...new Set([...Object.keys(TRIGGERS), ...Object.keys(REFUSED)])].sort());
  for (const type of Object.keys(TRIGGERS)) assert.match(ROWS.get(type) ?? "", /^runs/, type);
});

test("a refusal names the trigger, and the nearest way that the table has for it", () => {
  for (const [type, nearest] of Object.entries(REFUSED)) {
    if (Object.hasOwn(TRIGGERS, type)) continue;
    const { problems } = parseScaledObject({
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      metadata: { name: "w", namespace: "t" },
      spec: { scaleTargetRef: { name: "w" }, triggers: [{ type, metadata: {} }] },
    });
    assert.equal(ROWS.get(type), `refused: ${nearest}`);
    assert.deepEqual([problems[0]?.path, problems[0]?.remedy], ["spec.triggers[0].type", nearest]);
    assert.match(problems[0]?.message ?? "", new RegExp(`got ${type}, `));
  }
});
