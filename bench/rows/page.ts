import { setTimeout as sleep } from "node:timers/promises";
import type { Row } from "../support/row.ts";

const PAGES = 10;

export const page: Row = {
  name: "page",
  about: `${PAGES} live pages open, idle objects: more CPU of one core / more RSS than without / bytes to each page`,
  old: "has none",
  oldTuned: "has none",
  goal: "1,000: <= 3 % / <= 30 MiB",
  measure: async (world) => {
    await world.fill(world.objects);
    const controller = await world.settledController();
    // The first statuses are in every object by now.
    await sleep(world.extent(3_000, 10_000) + world.objects * 12);
    const seconds = world.extent(10, 30);
    const measure = async () => {
      const before = controller.usage();
      await sleep(seconds * 1_000);
      const after = controller.usage();
      return { cpu: ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100, rss: after.rssMiB };
    };
    const without = await measure();
    const stop = new AbortController();
    let bytes = 0;
    const pages = Array.from({ length: PAGES }, async () => {
      const { body } = await fetch(`${controller.url}/api/v1/live`, { signal: stop.signal });
      for await (const part of body ?? []) bytes += part.length;
    });
    // The first load is part of what a page costs, as memory; as CPU, what an open page costs.
    await sleep(2_000);
    const open = await measure();
    stop.abort();
    await Promise.allSettled(pages);
    const [cpuPercent, rssMiB, kibibytes] = [open.cpu - without.cpu, open.rss - without.rss, bytes / PAGES / 1024];
    return {
      measured: `${cpuPercent.toFixed(2)} % / ${rssMiB.toFixed(0)} MiB / ${kibibytes.toFixed(0)} KiB`,
      met: cpuPercent <= 3 && rssMiB <= 30,
      numbers: { cpuPercent, rssMiB, kibibytes, pages: PAGES },
    };
  },
};
