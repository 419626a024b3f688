import { setTimeout as pause } from "node:timers/promises";
import { Stage } from "../../test/support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import { eventually } from "../../test/support/waiting.ts";
import type { Outcome, Situation } from "../situation.ts";

const TUBES = 200;
const DOWN_MS = 30_000;
const ROUNDS = 2;
const MOST_FIRST_SECONDS = 2;
const MOST_LAST_SECONDS = 10;
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";

export const tubesRestart: Situation = {
  name: "tubes-restart",
  about: `${TUBES} idle tubes on one beanstalkd that is down for ${DOWN_MS / 1000} s and comes back with a job in each`,
  expected: `the first workload is scaled within ${MOST_FIRST_SECONDS} s of the jobs, the last one within ${MOST_LAST_SECONDS} s`,
  async run({ rounds = ROUNDS, progress }) {
    const outcomes: Outcome[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const outcome = await restart();
      progress(outcome.seen);
      outcomes.push(outcome);
    }
    return { seen: outcomes.map(({ seen }) => seen).join("; "), held: outcomes.every(({ held }) => held) };
  },
};

async function restart(): Promise<Outcome> {
  const stage = await Stage.open(REAL_API_SERVER);
  try {
    const beanstalkd = await stage.beanstalkd();
    const names = Array.from({ length: TUBES }, (_, index) => `worker-${index}`);
    for (const name of names) await stage.pair(name, { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/${name}` });
    await stage.run().ready();
    const before = await beanstalkd.client(stage);
    await eventually(async () => {
      const waiting = await before.stat(`stats-tube ${names.at(-1)}`, "current-waiting");
      if (waiting !== "1") throw new Error(`the last tube is not waited on: ${waiting}`);
    });
    await beanstalkd.stop();
    await pause(DOWN_MS);
    await beanstalkd.start();
    const producer = await beanstalkd.client(stage);
    for (const name of names) await producer.put(name);
    const putAt = performance.now();
    const seconds = () => (performance.now() - putAt) / 1000;
    const first = await scaled(stage, names, 1).then(seconds);
    const last = await scaled(stage, names, TUBES).then(seconds);
    const seen = `first after ${first.toFixed(1)} s, last after ${last.toFixed(1)} s`;
    return { seen, held: first <= MOST_FIRST_SECONDS && last <= MOST_LAST_SECONDS };
  } finally {
    await stage.close();
  }
}

/** Resolves when at least this many of them have replicas. */
function scaled(stage: Stage, names: readonly string[], least: number): Promise<void> {
  return eventually(
    async () => {
      const { items } = (await stage.objects.get(DEPLOYMENTS)) as {
        items: { metadata: { name: string }; spec: { replicas: number } }[];
      };
      const found = items.filter(({ metadata, spec }) => names.includes(metadata.name) && spec.replicas > 0).length;
      if (found < least) throw new Error(`${found} of ${least} are scaled`);
    },
    { patienceMs: 120_000, pauseMs: 100 },
  );
}
