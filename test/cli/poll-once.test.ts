import assert from "node:assert/strict";
import { test } from "node:test";
import { isInPod, sourceNetwork } from "../../src/cli/shared/poll-once.ts";

test("loopback is refused to objects in a pod, and nowhere else", () => {
  const inPod = sourceNetwork({}, isInPod({ KUBERNETES_SERVICE_HOST: "10.0.0.1" }));
  assert.throws(() => inPod.check("127.0.0.1"), /may not lead to the controller's own pod/);
  inPod.operators.check("127.0.0.1");
  for (const environment of [{}, { KUBERNETES_SERVICE_HOST: "" }]) {
    sourceNetwork({}, isInPod(environment)).check("127.0.0.1");
  }
});
