import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { type ElectionPair, playOnPairs } from "../election-pair.ts";
import type { Situation } from "../situation.ts";

/** Processes that use all the processor time they get. */
const BUSY = 2;
const LONGEST_FREEZE_MS = 12_000;
/** A freeze this short is not told from a busy moment: what was read within a second before it may still be acted on. */
const SHORT_FREEZE_MS = 1_000;
const SHORT_FREEZES = 0.2;
const AFTER_THAW_MS = 2_000;

export default {
  about: "SIGSTOP of the leader at a random moment while it scales down and work arrives, under CPU load, then SIGCONT",
  expected: "no write without the lease, no workload lowered that has waiting jobs",
  rounds: 20,
  async play(scene, options) {
    const load = Array.from({ length: BUSY }, () => spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }));
    try {
      return await playOnPairs(scene, options, freeze);
    } finally {
      for (const child of load) await ended(child);
    }
  },
} satisfies Situation;

async function freeze(pair: ElectionPair): Promise<void> {
  const leader = pair.leader();
  leader.signal("SIGSTOP");
  const isShort = Math.random() < SHORT_FREEZES;
  await pair.fill();
  const filledAt = performance.now();
  const more = isShort ? 0 : SHORT_FREEZE_MS;
  await pause(more + Math.random() * ((isShort ? SHORT_FREEZE_MS : LONGEST_FREEZE_MS) - more));
  if (pair.leader() !== leader) pair.takeovers += 1;
  const thawedAt = performance.now();
  leader.signal("SIGCONT");
  await pause(AFTER_THAW_MS);
  if (!isShort) pair.noteLowered(filledAt, { "the work came": filledAt, "the thaw": thawedAt });
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once("exit", resolve));
  if (child.kill("SIGKILL")) await exited;
}
