import { setTimeout as sleep } from "node:timers/promises";
import type { Row } from "../support/row.ts";

const ACTIVE = 100;

export const steady: Row = {
  name: "steady",
  about: `${ACTIVE} active objects, steady: Kubernetes writes a second (Lease renewals not counted)`,
  old: "5.1 (its limit)",
  oldTuned: "89",
  goal: "0",
  measure: async (world) => {
    const names = await world.fill(world.objects);
    const active = names.slice(0, ACTIVE);
    for (const name of active) for (let job = 0; job < 15; job++) await world.queue.put(name);
    const controller = await world.settledController();
    // The first numbers are in every status by now.
    await sleep(world.extent(3_000, 30_000));
    const seconds = world.extent(10, 30);
    const [before, usageBefore] = [await world.cluster.writes(), controller.usage()];
    await sleep(seconds * 1_000);
    const [after, usageAfter] = [await world.cluster.writes(), controller.usage()];
    const writesPerSecond = (after - before) / seconds;
    const cpuPercent = ((usageAfter.cpuSeconds - usageBefore.cpuSeconds) / seconds) * 100;
    return {
      measured: `${writesPerSecond.toFixed(2)} (${active.length} active, CPU ${cpuPercent.toFixed(1)} % of one core)`,
      met: writesPerSecond === 0,
      numbers: { writesPerSecond, cpuPercent, active: active.length },
    };
  },
};
