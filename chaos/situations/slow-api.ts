import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { faultProxy } from "../../test/support/fault-proxy.ts";
import { eventually } from "../../test/support/waiting.ts";
import { createPairs, type Situation, secondsSince } from "../situation.ts";

const ROUND_TRIP_MS = 5_000;
const LEADS_WITHIN_SECONDS = 60;
const STEADY_MS = 90_000;
const PATIENCE = { patienceMs: 300_000, pauseMs: 200 };

export default {
  about: `round trips of ${ROUND_TRIP_MS / 1000} s to the API server, over TLS, each new connection's handshakes included`,
  expected: `it leads within ${LEADS_WITHIN_SECONDS} s, scales, and is leader without a break for ${STEADY_MS / 1000} s`,
  async play(scene) {
    const { stage, queue } = scene;
    const proxy = await faultProxy(Number(new URL(stage.cluster.url).port));
    stage.after(() => proxy.close());
    proxy.slow(ROUND_TRIP_MS);
    const kubeconfig = readFileSync(stage.cluster.kubeconfigPath, "utf8");
    const path = join(stage.folder, "slow");
    writeFileSync(path, kubeconfig.replaceAll(stage.cluster.url, `https://127.0.0.1:${proxy.port}`));
    await createPairs(scene, ["worker"]);
    await queue.put("worker");
    const begun = performance.now();
    const flags = ["--leader-elect", "--lease-namespace", "default", "--kube-config", path];
    const muster = stage.run(flags, { direct: true });
    const reached = (what: string, isReached: () => Promise<boolean>) =>
      eventually(async () => {
        if (!(await isReached())) throw new Error(`it does not ${what}:\n${muster.text}`);
        return secondsSince(begun);
      }, PATIENCE);
    const ledAfter = await reached("lead", async () => muster.said("Acting").length > 0);
    const scaledAfter = await reached("scale", async () => (await stage.replicas("worker")) === 1);
    await pause(STEADY_MS);
    for (let jobs = 0; jobs < 20; jobs += 1) await queue.put("worker");
    const putAt = performance.now();
    await scaledTo(stage, "worker", 3);
    const again = secondsSince(putAt);
    const breaks = muster.said("No longer acting").length;
    const first = `led after ${ledAfter.toFixed(0)} s, scaled after ${scaledAfter.toFixed(0)} s`;
    return {
      seen: `${first}, ${breaks} breaks in ${STEADY_MS / 1000} s, then scaled ${again.toFixed(1)} s after work came`,
      held: ledAfter <= LEADS_WITHIN_SECONDS && breaks === 0,
    };
  },
} satisfies Situation;
