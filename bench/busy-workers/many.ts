// How long a scale-down of one Deployment of 500 pods takes with busyWorkers, and how many API calls:
//   node bench/busy-workers/many.ts [--pods 500] [--to 10]
// The API server and the controllers are real, the kubelets played; each pod is asked by a probe.
import { parseArgs } from "node:util";
import { BusyStage } from "../../test/support/busy-stage.ts";
import { eventually } from "../../test/support/waiting.ts";

const { values } = parseArgs({
  options: { pods: { type: "string", default: "500" }, to: { type: "string", default: "10" } },
});
const [pods, to] = [Number(values.pods), Number(values.to)];
const DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/many";
const stage = await BusyStage.open();
try {
  const found = await stage.workers("many", pods);
  const busy = found.slice(0, to).map(({ name }) => name);
  for (const pod of busy) stage.says.set(pod, "busy");
  const began = performance.now();
  const run = await stage.control("many", 1, {});
  const scaledAt = await eventually(
    async () => {
      // Not by the pods: a list of 500 several times a second would be most of the work on this machine.
      const { spec } = (await stage.objects.get(DEPLOYMENT)) as { spec: { replicas: number } };
      if (spec.replicas !== to) throw new Error(`expected ${to} replicas`);
      return performance.now();
    },
    { patienceMs: 60_000, pauseMs: 20 },
  );
  const marks = run.calls.filter(({ what, at }) => what === "patch pods" && at < scaledAt);
  const calls = run.calls.filter(({ at }) => at < scaledAt);
  const left = await stage.settled("many", to);
  const stayed = left.filter(({ name }) => busy.includes(name)).length;
  const { gitVersion } = (await stage.objects.get("/version")) as { gitVersion: string };
  console.log(`Kubernetes ${gitVersion}: ${pods} pods of one Deployment, ${busy.length} of them busy`);
  console.log(`from the start of the controller to the scale: ${seconds(scaledAt - began)} s`);
  console.log(`from the first mark's answer to the scale: ${seconds(scaledAt - (marks[0]?.at ?? 0))} s`);
  console.log(
    `API calls until then: ${calls.length} (${marks.length} marks), at most ${mostInASecond(calls)} in a second`,
  );
  console.log(`API calls after it: ${run.calls.length - calls.length}`);
  console.log(`busy workers that stayed: ${stayed} of ${busy.length}; stopped at their work: ${run.stoppedBusy()}`);
  await run.close();
} finally {
  await stage.close();
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(1);
}

/** By the times at which they were sent. */
function mostInASecond(calls: readonly { readonly at: number; readonly seconds: number }[]): number {
  const times = calls.map(({ at, seconds: taken }) => at - taken * 1_000).sort((one, other) => one - other);
  return Math.max(...times.map((time, index) => times.slice(index).filter((other) => other < time + 1_000).length));
}
