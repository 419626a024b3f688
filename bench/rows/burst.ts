import { milliseconds } from "../support/percentile.ts";
import type { Row } from "../support/row.ts";

const TUBES = 100;

export const burst: Row = {
  name: "burst",
  about: `a burst on ${TUBES} tubes at once -> the last one scaled`,
  old: "24.5 s",
  oldTuned: "1.7 s",
  goal: "<= 0.35 s",
  measure: async (world) => {
    const names = await world.fill(world.objects);
    await world.settledController();
    const watch = await world.watch();
    const tubes = names.slice(0, TUBES);
    const scaled = Promise.all(tubes.map((name) => watch.until(name, (replicas) => replicas > 0)));
    const began = performance.now();
    for (const name of tubes) await world.queue.put(name);
    const last = Math.max(...(await scaled)) - began;
    return {
      measured: `${milliseconds(last)} (${tubes.length} tubes)`,
      met: last <= 350 && tubes.length === Math.min(TUBES, world.objects),
      numbers: { lastScaledMs: last, tubes: tubes.length },
    };
  },
};
