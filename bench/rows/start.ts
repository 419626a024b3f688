import { latencies, percentile } from "../support/percentile.ts";
import type { Row } from "../support/row.ts";

export const start: Row = {
  name: "start",
  about: "process start with a backlog waiting -> replicas > 0",
  old: "20 to 22.5 s",
  oldTuned: "1.1 to 2.8 s",
  goal: "<= 1.2 s",
  measure: async (world) => {
    const names = await world.fill(world.objects);
    const watch = await world.watch();
    const samples: number[] = [];
    const cpu: number[] = [];
    for (const name of names.slice(0, world.extent(4, 10))) {
      await world.queue.put(name);
      const scaled = watch.until(name, (replicas) => replicas > 0);
      const controller = await world.startController();
      samples.push((await scaled) - controller.startedAt);
      cpu.push(controller.usage().cpuSeconds);
      await controller.stop();
    }
    return {
      measured: latencies(samples),
      met: percentile(samples, 1) <= 1_200,
      numbers: { startMs: samples, cpuSecondsUntilThen: cpu },
    };
  },
};
