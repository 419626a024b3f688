import type { Connection } from "./connection.ts";
import { sweep } from "./sweep.ts";

/** A sweep of many tubes is work for the server: all of them together take no more than a quarter of its time. */
const SHARE = 1 / 4;

/** Looks at many tubes, now and then: a sweep that took long puts the next one off. */
export class PacedSweep {
  #isRunning = false;
  #nextAt = 0;

  get isDue(): boolean {
    return !this.#isRunning && performance.now() >= this.#nextAt;
  }

  /** To be called when it is due. Tells of each tube with work as soon as it is seen. */
  async run(connection: Connection, tubes: Iterable<string>, ready: (tube: string) => void): Promise<void> {
    const start = performance.now();
    this.#isRunning = true;
    try {
      await sweep(connection, [...tubes], ready);
    } finally {
      this.#isRunning = false;
      this.#nextAt = start + (performance.now() - start) / SHARE;
    }
  }
}
