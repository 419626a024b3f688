import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { Stage } from "../../test/support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import { faultProxy } from "../../test/support/fault-proxy.ts";
import { eventually } from "../../test/support/waiting.ts";
import type { Outcome, Situation } from "../situation.ts";

const ROUND_TRIP_MS = 5_000;
const LEADS_WITHIN_SECONDS = 60;
const STEADY_MS = 90_000;

export const slowApi: Situation = {
  name: "slow-api",
  about: `round trips of ${ROUND_TRIP_MS / 1000} s to the API server, over TLS, each new connection's handshakes included`,
  expected: `it leads within ${LEADS_WITHIN_SECONDS} s, scales, and is leader without a break for ${STEADY_MS / 1000} s`,
  async run() {
    const stage = await Stage.open(REAL_API_SERVER);
    try {
      return await scaleSlowly(stage);
    } finally {
      await stage.close();
    }
  },
};

async function scaleSlowly(stage: Stage): Promise<Outcome> {
  const proxy = await faultProxy(Number(new URL(stage.cluster.url).port));
  stage.after(() => proxy.close());
  proxy.slow(ROUND_TRIP_MS);
  const kubeconfig = readFileSync(stage.cluster.kubeconfigPath, "utf8");
  const path = join(stage.folder, "slow");
  writeFileSync(path, kubeconfig.replaceAll(stage.cluster.url, `https://127.0.0.1:${proxy.port}`));
  const beanstalkd = await stage.beanstalkd();
  const queue = await beanstalkd.client(stage);
  await stage.pair("worker", { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/worker` });
  await queue.put("worker");
  const begun = performance.now();
  const seconds = () => ((performance.now() - begun) / 1000).toFixed(0);
  const flags = ["--leader-elect", "--lease-namespace", "default", "--kube-config", path];
  const muster = stage.run(flags, { direct: true });
  const patient = { patienceMs: 300_000, pauseMs: 200 };
  const acting = () => muster.said("Acting").length;
  await eventually(async () => {
    if (acting() === 0) throw new Error(`it does not lead:\n${muster.text}`);
  }, patient);
  const ledAfter = seconds();
  await eventually(async () => {
    if ((await stage.replicas("worker")) !== 1) throw new Error(`it does not scale:\n${muster.text}`);
  }, patient);
  const scaledAfter = seconds();
  await pause(STEADY_MS);
  for (let jobs = 0; jobs < 20; jobs += 1) await queue.put("worker");
  const putAt = performance.now();
  await scaledTo(stage, "worker", 3);
  const again = ((performance.now() - putAt) / 1000).toFixed(1);
  const breaks = muster.said("No longer acting").length;
  return {
    seen: `led after ${ledAfter} s, scaled after ${scaledAfter} s, ${breaks} breaks in ${STEADY_MS / 1000} s, then scaled ${again} s after work came`,
    held: Number(ledAfter) <= LEADS_WITHIN_SECONDS && breaks === 0,
  };
}
