import type { DrainMemory, FlowPoint } from "./drain-memory.ts";
import { newestUntil } from "./newest-until.ts";

/** A mean over less is none. */
export const FAST_MS = 60_000;
export const SLOW_MS = 300_000;

/**
 * Messages that arrive a second: the larger of a mean over a minute and one over five. Undefined before a minute was
 * looked at: a shorter time is no rate.
 */
export function arrivalRate(flow: readonly FlowPoint[]): number | undefined {
  const newest = flow.at(-1);
  const fast = newest && flow[newestUntil(flow, newest.at - FAST_MS)];
  if (newest === undefined || fast === undefined) return undefined;
  const slow = flow[newestUntil(flow, newest.at - SLOW_MS)] ?? flow[0] ?? fast;
  return Math.max(0, rateSince(fast, newest), rateSince(slow, newest));
}

function rateSince(since: FlowPoint, newest: FlowPoint): number {
  return ((newest.arrived - since.arrived) * 1000) / (newest.at - since.at);
}

const E = (name: string, usual: number): number => {
  const env = (globalThis as unknown as { process: { env: Record<string, string> } }).process.env[name];
  return env === undefined ? usual : Number(env);
};
const MEAN_MS = E("MEANMS", 120_000);
const ZUP = E("ZUP", 2);
const HELDZ = E("HELDZ", 3);

export const WINDOWS_MS = [60_000, 120_000, 300_000, 600_000];
const MEMORY = E("MEMORY", 60);

/** After each minute: how far each mean of before it was off. */
export function judged(skill: DrainMemory["skill"], flow: readonly FlowPoint[]): DrainMemory["skill"] {
  const newest = flow.at(-1);
  if (newest === undefined) return skill;
  if (skill === undefined) return { at: newest.at, minutes: 0, errors: WINDOWS_MS.map(() => 0), noise: 0 };
  if (newest.at - skill.at < 60_000) return skill;
  const index = newestUntil(flow, newest.at - 60_000);
  const then = flow[index];
  if (then === undefined || index < 1) return { ...skill, at: newest.at };
  const actual = rateSince(then, newest);
  const minutes = skill.minutes + 1;
  const weight = 1 / Math.min(minutes, MEMORY);
  const errors = WINDOWS_MS.map((ms, which) => {
    const since = flow[Math.max(0, newestUntil(flow, then.at - ms))] as FlowPoint;
    const error = (rateSince(since, then) - actual) ** 2;
    const before = skill.errors[which] ?? error;
    return before + weight * (error - before);
  });
  return { at: newest.at, minutes, errors, noise: skill.noise + weight * (actual / 60 - skill.noise) };
}

/** The mean that foretold best of late. */
export function bestWindow(skill: DrainMemory["skill"]): number {
  if (skill === undefined || skill.minutes < 5) return 1;
  let best = 0;
  skill.errors.forEach((error, index) => {
    if (error < (skill.errors[best] as number)) best = index;
  });
  return best;
}

export function isFitful(skill: DrainMemory["skill"]): boolean {
  if (skill === undefined || skill.minutes < 5) return false;
  const [short = 0] = skill.errors;
  const long = Math.min(...skill.errors.slice(2));
  return short > FIT * skill.noise && long < short * FITR;
}
const FIT = E("FIT", 8);
const FITR = E("FITR", 1);

/** The mean of the window. */
export function meanRate(flow: readonly FlowPoint[], window = 1): number | undefined {
  const newest = flow.at(-1);
  const fast = newest && flow[newestUntil(flow, newest.at - FAST_MS)];
  if (newest === undefined || fast === undefined) return undefined;
  const since = flow[newestUntil(flow, newest.at - (WINDOWS_MS[window] as number))] ?? flow[0] ?? fast;
  return Math.max(0, rateSince(since, newest));
}

const KAPPA = E("KAPPA", 4);
/** What will arrive within so many seconds: by the lower bound of confidence of shorter times, each taken to go on for twice as long. */
export function arrivalsWithin(flow: readonly FlowPoint[], seconds: number, mean: number, kappa = KAPPA): number {
  const newest = flow.at(-1);
  let most = mean * seconds;
  if (newest === undefined) return most;
  for (const ms of [15_000, 30_000, 60_000]) {
    const since = flow[newestUntil(flow, newest.at - ms)];
    if (since === undefined) continue;
    const count = newest.arrived - since.arrived;
    const past = (newest.at - since.at) / 1000;
    const rate = (count - ZUP * Math.sqrt(count)) / past;
    const lasts = Math.min(seconds, kappa * past);
    most = Math.max(most, rate * lasts + mean * (seconds - lasts));
  }
  return most;
}

/** Hands that finish nothing, where chance would not explain it. */
export function heldHands(flow: readonly FlowPoint[], S: number): number {
  const newest = flow.at(-1);
  if (newest === undefined) return 0;
  let held = 0;
  for (const ms of [15_000, 30_000, 60_000, 120_000]) {
    const since = flow[newestUntil(flow, newest.at - ms)];
    if (since?.busySeconds === undefined || newest.busySeconds === undefined) continue;
    const seconds = (newest.at - since.at) / 1000;
    const busy = newest.busySeconds - since.busySeconds;
    const expected = busy / S;
    const done = newest.completed - since.completed;
    if (expected < 10 || done > expected - HELDZ * Math.sqrt(expected)) continue;
    held = Math.max(held, (busy - (done + HELDZ * Math.sqrt(done)) * S) / seconds);
    break;
  }
  return Math.max(0, held);
}
