import { setTimeout as pause } from "node:timers/promises";
import { playOnPairs } from "../election-pair.ts";
import type { Situation } from "../situation.ts";

/** Longer than a lease lasts, so that it has been taken again. */
const AFTER_MS = 6_000;
/** What was read before the work came may be acted on this long. */
const ALREADY_READ_MS = 1_000;

export default {
  about: "the Lease is deleted at a random moment while its leader scales down and a standby waits; then work arrives",
  expected: "no write without the lease, no workload lowered that has waiting jobs",
  rounds: 12,
  play: (scene, options) =>
    playOnPairs(scene, options, async (pair) => {
      const leader = pair.leader();
      await scene.stage.remove(`/apis/coordination.k8s.io/v1/namespaces/${pair.namespace}/leases/muster`);
      await pair.fill();
      const filledAt = performance.now();
      await pause(AFTER_MS);
      if (pair.leader() !== leader) pair.takeovers += 1;
      pair.noteLowered(filledAt + ALREADY_READ_MS, { "the work came": filledAt });
    }),
} satisfies Situation;
