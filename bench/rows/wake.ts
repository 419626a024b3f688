import { setTimeout as sleep } from "node:timers/promises";
import { latencies, percentile } from "../support/percentile.ts";
import type { Row } from "../support/row.ts";
import type { World } from "../support/world.ts";

export const wake: Row = {
  name: "wake",
  about: "put acknowledged -> replicas > 0 on a watch",
  old: "p50 8 to 10 s, p99 20 s",
  oldTuned: "p50 0.45 to 0.6 s, p99 1 to 1.4 s",
  goal: "p50 <= 8 ms, p99 <= 40 ms",
  measure: async (world) => {
    const samples = await wakeOneByOne(world, []);
    return {
      measured: latencies(samples),
      met: percentile(samples, 0.5) <= 8 && percentile(samples, 0.99) <= 40,
      numbers: { wakeMs: samples },
    };
  },
};

export const wakeLook: Row = {
  name: "wake-look",
  about: "the same, when idle tubes are only looked at",
  old: "",
  oldTuned: "",
  goal: "p50 <= 60 ms",
  measure: async (world) => {
    const samples = await wakeOneByOne(world, ["--beanstalk-wake", "look"]);
    return { measured: latencies(samples), met: percentile(samples, 0.5) <= 60, numbers: { wakeMs: samples } };
  },
};

/** One job into one idle tube after the other, at random moments; each tube is used once. */
async function wakeOneByOne(world: World, flags: readonly string[]): Promise<number[]> {
  const names = await world.fill(world.objects);
  await world.settledController({ flags });
  const watch = await world.watch();
  const samples: number[] = [];
  for (const name of names.sort(() => Math.random() - 0.5).slice(0, world.extent(30, 150))) {
    await sleep(20 + Math.random() * 80);
    const scaled = watch.until(name, (replicas) => replicas > 0);
    await world.queue.put(name);
    const acknowledged = performance.now();
    samples.push((await scaled) - acknowledged);
  }
  return samples;
}
