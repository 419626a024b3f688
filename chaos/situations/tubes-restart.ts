import { setTimeout as pause } from "node:timers/promises";
import { allScaledTo } from "../../test/support/end-to-end/expectations.ts";
import { eventually } from "../../test/support/waiting.ts";
import { createPairs, type Outcome, type Scene, type Situation, withScene } from "../situation.ts";

const TUBES = 200;
const DOWN_MS = 30_000;
const MOST_FIRST_SECONDS = 2;
const MOST_LAST_SECONDS = 10;

export default {
  about: `${TUBES} idle tubes on one beanstalkd that is down for ${DOWN_MS / 1000} s and comes back with a job in each`,
  expected: `the first workload is scaled within ${MOST_FIRST_SECONDS} s of the jobs, the last one within ${MOST_LAST_SECONDS} s`,
  rounds: 2,
  async play(scene, { rounds, progress }) {
    const outcomes = [await restart(scene)];
    while (outcomes.length < rounds) {
      progress(outcomes.at(-1)?.seen ?? "");
      outcomes.push(await withScene(restart));
    }
    return { seen: outcomes.map(({ seen }) => seen).join("; "), held: outcomes.every(({ held }) => held) };
  },
} satisfies Situation;

async function restart(scene: Scene): Promise<Outcome> {
  const { stage, beanstalkd, queue } = scene;
  const names = Array.from({ length: TUBES }, (_, index) => `worker-${index}`);
  await createPairs(scene, names);
  await stage.run().ready();
  await eventually(async () => {
    const waiting = await queue.stat(`stats-tube ${names.at(-1)}`, "current-waiting");
    if (waiting !== "1") throw new Error(`the last tube is not waited on: ${waiting}`);
  });
  await beanstalkd.stop();
  await pause(DOWN_MS);
  await beanstalkd.start();
  const producer = await beanstalkd.client(stage);
  const putAt = performance.now();
  for (const name of names) await producer.put(name);
  await allScaledTo(stage, names, 1);
  const seconds = names.map((name) => ((stage.proxy.scalings(name).at(-1)?.answeredAt ?? Infinity) - putAt) / 1000);
  const [first, last] = [Math.min(...seconds), Math.max(...seconds)];
  const seen = `first after ${first.toFixed(1)} s, last after ${last.toFixed(1)} s`;
  return { seen, held: first <= MOST_FIRST_SECONDS && last <= MOST_LAST_SECONDS };
}
