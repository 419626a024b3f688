import { latencies, percentile } from "../support/percentile.ts";
import { ReplicaWatch } from "../support/replica-watch.ts";
import type { Row } from "../support/row.ts";

const ROUNDS = 10;

export const start: Row = {
  name: "start",
  about: "process start with a backlog waiting -> replicas > 0",
  old: "20 to 22.5 s",
  oldTuned: "1.1 to 2.8 s",
  goal: "<= 1.2 s",
  measure: async (world) => {
    const names = await world.fill(world.objects);
    const watch = await ReplicaWatch.open(world.cluster);
    const samples: number[] = [];
    for (const name of names.slice(0, ROUNDS)) {
      await world.queue.put(name);
      const scaled = watch.until(name, (replicas) => replicas > 0);
      const controller = await world.startController();
      samples.push((await scaled) - controller.startedAt);
      await controller.stop();
    }
    watch.close();
    return { measured: latencies(samples), met: percentile(samples, 1) <= 1_200, numbers: { startMs: samples } };
  },
};
