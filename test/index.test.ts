import assert from "node:assert/strict";
import { test } from "node:test";

test("the package is a library: parse a manifest, decide a situation", async () => {
  const name = "muster"; // By its own name, as a user imports it.
  const { decide, parseAutoscaler } = (await import(name)) as typeof import("../src/index.ts");
  const parsed = parseAutoscaler({
    kind: "WorkerPodAutoScaler",
    metadata: { name: "a" },
    spec: {
      minReplicas: 0,
      maxReplicas: 5,
      targetMessagesPerWorker: 10,
      deploymentName: "d",
      queueURI: "beanstalk://localhost/t",
    },
  });
  assert.ok("autoscaler" in parsed);
  const { autoscaler, memory } = parsed;
  const queue = { reading: { at: 1_000, value: 31 } };
  assert.equal(decide({ autoscaler, currentReplicas: 0, signals: { queue }, memory, now: 2_000 }).desiredReplicas, 4);
});
