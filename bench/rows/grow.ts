import { setTimeout as sleep } from "node:timers/promises";
import { latencies, percentile } from "../support/percentile.ts";
import type { Row } from "../support/row.ts";

const JOBS_PER_WORKER = 10;

export const grow: Row = {
  name: "grow",
  about: "100 more jobs -> right count",
  old: "p50 17 to 19 s, p99 32 to 34 s",
  oldTuned: "p50 1.0 to 1.2 s, p99 1.6 to 1.8 s",
  goal: "p50 <= 0.6 s, p99 <= 1.5 s",
  measure: async (world) => {
    const names = await world.fill(world.objects, { messagesPerWorker: JOBS_PER_WORKER });
    await world.settledController();
    const watch = await world.watch();
    const samples: number[] = [];
    for (const name of names.slice(0, world.extent(10, 40))) {
      const awake = watch.until(name, (replicas) => replicas === 1);
      for (let job = 0; job < JOBS_PER_WORKER; job++) await world.queue.put(name);
      await awake;
      // The next jobs come at any moment of the controller's pace.
      await sleep(500 + Math.random() * 1_000);
      const right = watch.until(name, (replicas) => replicas === 11);
      for (let job = 0; job < 100; job++) await world.queue.put(name);
      const acknowledged = performance.now();
      samples.push((await right) - acknowledged);
    }
    return {
      measured: latencies(samples),
      met: percentile(samples, 0.5) <= 600 && percentile(samples, 0.99) <= 1_500,
      numbers: { growMs: samples },
    };
  },
};
