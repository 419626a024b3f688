import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGraphiteServer, startSandbox } from "kube-sandbox";
import { simulatedWorkers } from "../../workers/simulated-workers.ts";
import type { Act } from "./act.ts";
import { readShipped } from "./read-shipped.ts";
import type { Recorder } from "./recorder.ts";
import { SimulatedLag } from "./simulated-lag.ts";

/** A consumer group's lag in Graphite drives a Deployment by a PHPA file. */
export async function metricsAct(): Promise<Act> {
  const lag = new SimulatedLag();
  const graphite = await startGraphiteServer({ latest: () => lag.value });
  const sandbox = await startSandbox({ pods: simulatedWorkers() });
  sandbox.apply(await readShipped("examples/consumer.yaml"));
  const folder = await mkdtemp(join(tmpdir(), "muster-phpa-"));
  await writeFile(join(folder, "phpa.yaml"), addressed(await readShipped("examples/consumer-phpa.yaml"), graphite));
  return {
    labels: { backlog: "lag of the consumer group, as Graphite has it", replicas: "consumers (spec.replicas)" },
    opening: "Muster starts with a PHPA file, beside an embedded cluster and metric server. One consumer, no lag.",
    deployment: "example-consumer",
    kinds: "deployments,pods",
    sandbox,
    flags: ["--phpa-config", folder],
    environment: {},
    begin: async (recorder) => recorder.begin(),
    backlog: async ({ elapsedMs, latest }) => lag.advance(elapsedMs, latest.ready),
    scene: (recorder) => scene(recorder, lag),
    isOver: ({ observations, latest }) =>
      lag.isCalm && latest.replicas === 1 && observations.some(({ replicas }) => replicas > 1),
    close: async () => {
      await sandbox.close();
      await graphite.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The example names a host of a cluster; here the metric server is on this machine. */
function addressed(file: string, { host, port }: { readonly host: string; readonly port: number }): string {
  return file.replace("host: 'graphite'", `host: '${host}'`).replace("port: '80'", `port: '${port}'`);
}

function scene({ latest: { replicas } }: Recorder, lag: SimulatedLag): string {
  if (!lag.isCalm) return replicas > 1 ? "The lag is above the band: step by step up." : "A rush of messages arrives.";
  return replicas > 1 ? "The rush is over: inside the band hold, below it step down." : "Back to one consumer.";
}
