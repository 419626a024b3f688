import type { Clock } from "../../src/controller/clock.ts";
import type { Timer } from "../../src/shared/async.ts";

interface Planned {
  readonly due: number;
  readonly order: number;
  readonly task: () => void;
}

/** A clock that stands still until a test moves it: everything planned runs in its order, and nothing really waits. */
export class VirtualClock implements Clock {
  #monotonic = 1_000;
  #wallAhead: number;
  readonly #planned = new Set<Planned>();
  #order = 0;

  constructor(startedAt = Date.UTC(2026, 0, 5, 12)) {
    this.#wallAhead = startedAt - this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  wall(): number {
    return this.#monotonic + this.#wallAhead;
  }

  after(milliseconds: number, task: () => void): Timer {
    const planned = { due: this.#monotonic + Math.max(milliseconds, 0), order: this.#order++, task };
    this.#planned.add(planned);
    return {
      cancel: () => void this.#planned.delete(planned),
    };
  }

  /** Timers that have not run yet: what a test for leaks looks at. */
  get pending(): number {
    return this.#planned.size;
  }

  /** Somebody sets the time of day. */
  stepWall(milliseconds: number): void {
    this.#wallAhead += milliseconds;
  }

  /** Lets so much time pass, running what falls due and whatever that leads to. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#monotonic + milliseconds;
    await settle();
    for (let next = this.#nextDue(end); next !== undefined; next = this.#nextDue(end)) {
      this.#monotonic = Math.max(this.#monotonic, next.due);
      this.#planned.delete(next);
      next.task();
      await settle();
    }
    this.#monotonic = end;
  }

  #nextDue(end: number): Planned | undefined {
    let next: Planned | undefined;
    for (const planned of this.#planned) {
      if (planned.due > end) continue;
      if (next === undefined || planned.due < next.due || (planned.due === next.due && planned.order < next.order)) {
        next = planned;
      }
    }
    return next;
  }
}

/** Until all promises that can settle without time passing have settled. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
