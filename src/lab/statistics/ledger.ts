import { Oracle } from "./oracle.ts";
import { WaitHistogram } from "./wait-histogram.ts";

/** Everything that is counted while a run goes on. Times in milliseconds; batch mode counts fractions of messages. */
export class Ledger {
  readonly waits = new WaitHistogram();
  readonly oracle: Oracle;
  readonly objectiveMs: number | undefined;
  arrived = 0;
  served = 0;
  /** Interrupted at the end of the grace, and waiting again. */
  returned = 0;
  overObjective = 0;
  /** While the oldest message that waits is older than the objective. */
  overObjectiveMs = 0;
  busyStopped = 0;
  /** Message-milliseconds in the system, added up over time and, apart from that, over messages (Little's law). */
  presence = 0;
  sojourns = 0;
  startingMs = 0;
  readyMs = 0;
  busyMs = 0;
  stoppingMs = 0;
  readonly firstWorker = { count: 0, sumMs: 0, maxMs: 0 };

  constructor(concurrency: number, objectiveMs: number | undefined) {
    this.oracle = new Oracle(concurrency);
    this.objectiveMs = objectiveMs;
  }

  waited(milliseconds: number, weight = 1): void {
    this.waits.add(milliseconds, weight);
    if (this.objectiveMs !== undefined && milliseconds > this.objectiveMs) this.overObjective += weight;
  }

  /** The first message that found no worker got one after so long. */
  foundFirstWorker(milliseconds: number): void {
    this.firstWorker.count += 1;
    this.firstWorker.sumMs += milliseconds;
    this.firstWorker.maxMs = Math.max(this.firstWorker.maxMs, milliseconds);
  }
}
