import { setTimeout as sleep } from "node:timers/promises";
import { milliseconds } from "../support/percentile.ts";
import type { Row } from "../support/row.ts";

/** Many objects have goals of their own. */
const MANY = 10_000;

export const idle: Row = {
  name: "idle",
  about: "idle objects: CPU of one core / RSS / connections to beanstalkd / ready after start",
  old: "1,000: 24 % / 119 MiB / 1,000",
  oldTuned: "1,000: 111 % / 135 MiB / 1,000",
  goal: "1,000: <= 1 % / <= 120 MiB / <= 2; 10,000: <= 4 % / <= 220 MiB / <= 11, ready <= 10 s",
  measure: async (world) => {
    await world.fill(world.objects);
    const controller = await world.startController();
    const readyMs = await controller.ready();
    // First statuses are written at 100 a second; idle is what comes after them.
    await sleep(world.extent(3_000, 10_000) + world.objects * 12);
    const seconds = world.extent(10, 30);
    const before = controller.usage();
    await sleep(seconds * 1_000);
    const after = controller.usage();
    const cpuPercent = ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100;
    const connections = await world.connections();
    // One for questions, and one for each thousand tubes that are waited on.
    const mostConnections = 1 + Math.ceil(world.objects / 1_000);
    const limits = world.objects >= MANY ? { cpu: 4, rss: 220, ready: 10_000 } : { cpu: 1, rss: 120, ready: 10_000 };
    return {
      measured:
        `${cpuPercent.toFixed(2)} % / ${after.rssMiB.toFixed(0)} MiB (peak ${after.peakRssMiB.toFixed(0)}) / ` +
        `${connections} / ${milliseconds(readyMs)}`,
      met:
        cpuPercent <= limits.cpu &&
        after.rssMiB <= limits.rss &&
        connections <= mostConnections &&
        readyMs <= limits.ready,
      numbers: { cpuPercent, rssMiB: after.rssMiB, peakRssMiB: after.peakRssMiB, connections, readyMs },
    };
  },
};
