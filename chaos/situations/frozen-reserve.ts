import { setTimeout as pause } from "node:timers/promises";
import type { BeanstalkdClient } from "../../test/support/beanstalkd-client.ts";
import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { Stage } from "../../test/support/end-to-end/stage.ts";
import { REAL_API_SERVER } from "../../test/support/end-to-end/test-cluster.ts";
import type { Situation } from "../situation.ts";

const ELECTION = ["--leader-elect", "--lease-namespace", "default", "--lease-name", "chaos"];
const ROUNDS = 5;
const TTR_SECONDS = 30;
/** Rarely: beanstalkd takes no job back whose time runs out in the microsecond in which it answers us. */
const LOOK_EVERY_MS = 250;
const MOST_RESERVED_SECONDS = 1;

export const frozenReserve: Situation = {
  name: "frozen-reserve",
  about:
    "SIGSTOP of the leader while it waits on a beanstalkd tube, a job within the next second, a standby that takes over",
  expected: `the job is never reserved for longer than ${MOST_RESERVED_SECONDS} s, and the standby scales`,
  async run({ rounds = ROUNDS, progress }) {
    const stage = await Stage.open(REAL_API_SERVER);
    try {
      const beanstalkd = await stage.beanstalkd();
      const queue = await beanstalkd.client(stage);
      const seconds: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const name = `worker-${round}`;
        await stage.pair(name, { queueURI: `beanstalk://127.0.0.1:${beanstalkd.port}/${name}` });
        const leader = await stage.run(ELECTION, { proxy: await stage.anotherProxy() }).ready();
        await leader.saying("Acting");
        const standby = await stage.run(ELECTION, { proxy: await stage.anotherProxy() }).ready();
        await pause(1_000 + Math.random() * 1_000);
        leader.signal("SIGSTOP");
        await pause(Math.random() * 1_000);
        const job = await queue.put(name, { ttr: TTR_SECONDS });
        const scaled = scaledTo(stage, name, 1);
        seconds.push(await longestReserved(queue, job, scaled));
        progress(`round ${round + 1}: reserved for ${seconds.at(-1)?.toFixed(2)} s at most`);
        await leader.stop("SIGKILL");
        await standby.stop();
      }
      const most = Math.max(...seconds);
      const seen = `reserved for ${most.toFixed(2)} s at most in ${rounds} freezes; scaled in all`;
      return { seen, held: most <= MOST_RESERVED_SECONDS };
    } finally {
      await stage.close();
    }
  },
};

/** Looks at the job until `end` resolves, and then for as long as its time to run lasts. */
async function longestReserved(queue: BeanstalkdClient, job: string, end: Promise<void>): Promise<number> {
  let hasEnded = false;
  const ended = end.then(() => {
    hasEnded = true;
  });
  let longest = 0;
  let since: number | undefined;
  const latest = performance.now() + TTR_SECONDS * 2_000;
  for (;;) {
    const isReserved = (await queue.stat(`stats-job ${job}`, "state")) === "reserved";
    const now = performance.now();
    since = isReserved ? (since ?? now) : undefined;
    longest = Math.max(longest, (now - (since ?? now)) / 1000);
    if (now > latest || (hasEnded && !isReserved)) break;
    await pause(LOOK_EVERY_MS);
  }
  await ended;
  return longest;
}
