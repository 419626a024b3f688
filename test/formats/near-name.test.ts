import assert from "node:assert/strict";
import { test } from "node:test";
import { nearName } from "../../src/shared/near-name.ts";

const KNOWN = ["minReplicas", "maxReplicas", "fallbackReplicas", "metricType", "up_step_size"];

test("a slip of the finger is recognised", () => {
  assert.equal(nearName("minReplica", KNOWN), "minReplicas");
  assert.equal(nearName("maxreplicas", KNOWN), "maxReplicas");
  assert.equal(nearName("metrictype", KNOWN), "metricType");
  assert.equal(nearName("upStepSize", KNOWN), "up_step_size");
  assert.equal(nearName("falbackReplicas", KNOWN), "fallbackReplicas");
});

test("nothing near is nothing suggested", () => {
  assert.equal(nearName("colour", KNOWN), undefined);
  assert.equal(nearName("", KNOWN), undefined);
});
