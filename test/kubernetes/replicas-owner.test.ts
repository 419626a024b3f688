import assert from "node:assert/strict";
import { test } from "node:test";
import { notesSubresources, replicasOwner } from "../../src/kubernetes/workloads/rewrites.ts";

const SPEC = { "f:spec": { "f:replicas": {} } };
const APPLIED = { manager: "kubectl", operation: "Apply", time: "2026-03-01T12:00:00Z", fieldsV1: SPEC };
/** As Kubernetes 1.36 notes it: without a time. */
const SCALED = { manager: "muster", operation: "Update", subresource: "scale", fieldsV1: SPEC };

test("our write of the scale subresource makes the replicas ours, even if others own them too", () => {
  assert.deepEqual(replicasOwner([APPLIED, SCALED]), { manager: "muster", operation: "Update", isUs: true });
});

test("a manager of our name that did not write the scale subresource is not us", () => {
  const owner = replicasOwner([{ ...SCALED, subresource: "" }]);
  assert.deepEqual(owner, { manager: "muster", operation: "Update", isUs: false });
});

test("of several others the one that wrote last is named, with its time", () => {
  const later = { ...APPLIED, manager: "helm", time: "2026-03-01T12:00:05Z" };
  const other = { ...later, manager: "labels", time: "2026-03-01T13:00:00Z", fieldsV1: { "f:spec": {} } };
  const at = Date.parse("2026-03-01T12:00:05Z");
  assert.deepEqual(replicasOwner([later, APPLIED, other]), { manager: "helm", operation: "Apply", isUs: false, at });
});

test("names no owner if none is noted, and only entries of subresources show that those are noted", () => {
  assert.equal(replicasOwner(undefined), undefined);
  assert.equal(replicasOwner([{ manager: "kubelet" }]), undefined);
  assert.deepEqual(
    [undefined, [APPLIED], [APPLIED, { manager: "kcm", subresource: "status" }]].map(notesSubresources),
    [false, false, true],
  );
});
