import { setTimeout as pause } from "node:timers/promises";
import type { MusterProcess } from "../test/support/end-to-end/muster-process.ts";
import { createPairs, type Scene } from "./situation.ts";

/** A first message, its poll, the decision and the PATCH, on a machine that does much else. */
export const MOST_WAKE_MS = 1_000;
const PATIENCE_MS = 60_000;
const ASK_AGAIN_MS = 5;
const MEMORY_EVERY_MS = 500;

/** How a process did while something else did harm. */
export interface Harm {
  readonly slowestMs: number;
  readonly peakMebibytes: number;
  /** Whether every wake was in time and the lease was kept. */
  readonly held: boolean;
  readonly seen: string;
}

/** Workloads at zero that wait on idle tubes, whose wakes are measured. Each is used once. */
export class Victims {
  readonly #scene: Scene;
  readonly #asleep: string[];

  private constructor(scene: Scene, names: string[]) {
    this.#scene = scene;
    this.#asleep = names;
  }

  static async open(scene: Scene, count: number): Promise<Victims> {
    const names = Array.from({ length: count }, (_, index) => `victim-${index}`);
    await createPairs(scene, names);
    return new Victims(scene, names);
  }

  /** Wakes this many workloads, one after the other; `before` does more harm before each. */
  async wake(muster: MusterProcess, count: number, before?: (round: number) => Promise<void>): Promise<Harm> {
    let peak = 0;
    const note = async () => {
      peak = Math.max(await muster.residentMebibytes(), peak);
    };
    await note();
    // A process that is stuck does not answer: its wakes show it.
    const watching = setInterval(() => void note().catch(() => undefined), MEMORY_EVERY_MS);
    const wakes: number[] = [];
    for (const [round, name] of this.#asleep.splice(0, count).entries()) {
      await before?.(round);
      await pause(200 + Math.random() * 800);
      wakes.push(await this.#wakeOne(name));
    }
    clearInterval(watching);
    const lost = muster.said("No longer acting").length;
    const slowestMs = Math.max(...wakes);
    return {
      slowestMs,
      peakMebibytes: peak,
      held: slowestMs <= MOST_WAKE_MS && lost === 0,
      seen: `slowest of ${count} wakes ${slowestMs.toFixed(0)} ms, lease lost ${lost} times, ${peak.toFixed(0)} MiB`,
    };
  }

  /** Milliseconds from a message to the replica it woke. */
  async #wakeOne(name: string): Promise<number> {
    const { queue, stage } = this.#scene;
    await queue.put(name);
    const began = performance.now();
    while ((await stage.replicas(name)) === 0 && performance.now() - began < PATIENCE_MS) await pause(ASK_AGAIN_MS);
    return performance.now() - began;
  }
}
