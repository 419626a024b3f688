import { setTimeout as pause } from "node:timers/promises";
import type { BeanstalkdClient } from "../../test/support/beanstalkd-client.ts";
import { scaledTo } from "../../test/support/end-to-end/expectations.ts";
import { createPairs, type Situation, startCandidate } from "../situation.ts";

const TTR_SECONDS = 30;
/** Rarely: beanstalkd takes no job back whose time runs out in the microsecond in which it answers us. */
const POLL_EVERY_MS = 250;
const MOST_RESERVED_SECONDS = 1;

export default {
  about:
    "SIGSTOP of the leader while it waits on a beanstalkd tube, a job within the next second, a standby that takes over",
  expected: `the job is never reserved for longer than ${MOST_RESERVED_SECONDS} s, and the standby scales`,
  rounds: 5,
  async play(scene, { rounds, progress }) {
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const name = `worker-${round}`;
      await createPairs(scene, [name]);
      const leader = await startCandidate(scene);
      await leader.saying("Acting");
      const standby = await startCandidate(scene);
      await pause(1_000 + Math.random() * 1_000);
      leader.signal("SIGSTOP");
      await pause(Math.random() * 1_000);
      const job = await scene.queue.put(name, { ttr: TTR_SECONDS });
      seconds.push(await longestReserved(scene.queue, job, scaledTo(scene.stage, name, 1)));
      progress(`round ${round + 1}: reserved for ${seconds.at(-1)?.toFixed(2)} s at most`);
      await leader.stop("SIGKILL");
      await standby.stop();
    }
    const most = Math.max(...seconds);
    const seen = `reserved for ${most.toFixed(2)} s at most in ${rounds} freezes; scaled in all`;
    return { seen, held: most <= MOST_RESERVED_SECONDS };
  },
} satisfies Situation;

/** Polls the job until `end` resolves, and then for as long as its time to run lasts. */
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
    await pause(POLL_EVERY_MS);
  }
  await ended;
  return longest;
}
