import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GraphiteServer } from "../support/graphite-server.ts";
import type { Row } from "../support/row.ts";
import type { World } from "../support/world.ts";

const MOST_CPU_PERCENT = 5;
const MOST_RSS_MIB = 200;
/** Polls are spread at random: some seconds see three times the mean, none sees ten times. */
const MOST_PEAK = 4;
/** After a start fifty poll at once, and twenty a second beside those that poll for the second time. */
const MOST_AT_START = 90;
/** Beside a tenth as many files, each asks what another asks already. */
const SHARING = 0.1;

export const phpa: Row = {
  name: "phpa",
  about:
    "PHPA files on Graphite: CPU of one core / RSS / busiest second at Graphite against the mean / calls for more files that share",
  old: "1,000 at 60 s: about 1,000 processes of 40 MiB",
  oldTuned: "the same",
  goal: `1,000 at 60 s: <= ${MOST_CPU_PERCENT} % / <= ${MOST_RSS_MIB} MiB / no burst / none`,
  measure: async (world) => {
    const graphite = await GraphiteServer.start(50);
    const folder = mkdtempSync(join(tmpdir(), "muster-bench-phpa-"));
    try {
      return await measure(world, graphite, folder);
    } finally {
      await graphite.close();
      rmSync(folder, { recursive: true });
    }
  },
};

async function measure(world: World, graphite: GraphiteServer, folder: string) {
  const interval = world.extent(5, 60);
  const write = (name: string, series: string) =>
    writeFileSync(join(folder, `${name}.yaml`), phpaFile(name, { series, interval, port: graphite.port }));
  const names = Array.from({ length: world.objects }, (_, index) => `consumer-${index}`);
  const sharing = names.slice(0, names.length * SHARING);
  await world.cluster.createDeployments([...names, ...sharing.map((name) => `${name}-too`)], 3);
  for (const name of names) write(name, name);

  const controller = await world.startController({ flags: ["--phpa-config", folder] });
  const startedAt = performance.now();
  await controller.ready();
  await sleep(interval * 1_200);

  const [from, before] = [performance.now(), controller.usage()];
  await sleep(interval * 1_000);
  const after = controller.usage();
  const counts = graphite.perSecond(from, interval);
  const fromStart = graphite.perSecond(startedAt, 2 * interval);
  const atStart = Math.max(...fromStart);
  const polls = counts.reduce((sum, count) => sum + count, 0);
  const cpuPercent = ((after.cpuSeconds - before.cpuSeconds) / interval) * 100;
  const peak = Math.max(...counts) / (polls / interval);

  for (const name of sharing) write(`${name}-too`, name);
  await sleep(world.extent(5_000, 10_000));
  const requestsBefore = graphite.requests;
  await sleep(interval * 1_000);
  const pollsShared = graphite.requests - requestsBefore;

  const share = `${polls} -> ${pollsShared} calls in ${interval} s with ${sharing.length} more`;
  return {
    measured:
      `${cpuPercent.toFixed(2)} % / ${after.rssMiB.toFixed(0)} MiB (peak ${after.peakRssMiB.toFixed(0)}) / ` +
      `${Math.max(...counts)} to ${(polls / interval).toFixed(1)}, ${atStart} after the start / ${share}`,
    met:
      cpuPercent <= MOST_CPU_PERCENT &&
      after.rssMiB <= MOST_RSS_MIB &&
      peak <= MOST_PEAK &&
      atStart <= MOST_AT_START &&
      polls >= names.length * 0.8 &&
      pollsShared <= polls + sharing.length * 0.5,
    numbers: {
      ...{ interval, cpuPercent, rssMiB: after.rssMiB, peakRssMiB: after.peakRssMiB, polls, pollsShared },
      pollsInBusiestSecond: Math.max(...counts),
      pollsInBusiestSecondAfterStart: atStart,
      pollsPerSecond: counts,
      pollsPerSecondFromStart: fromStart,
    },
  };
}

/** Threshold 50, and 50 is what the server always answers: nothing is ever to be done. */
function phpaFile(name: string, { series, interval, port }: { series: string; interval: number; port: number }) {
  return `version: v1
kind: PHPAConfig
interval: ${interval}
deployment: {name: ${name}, namespace: default, minReplicas: 1, maxReplicas: 10, fallbackReplicas: 5}
metric: {name: lag, metricType: negative, metricThreshold: 50, metricMargin: 10}
metricServer: {adaptor: graphite, graphite: {host: 127.0.0.1, port: ${port}, query: "kafka.lag.${series}&from=-15min"}}
`;
}
