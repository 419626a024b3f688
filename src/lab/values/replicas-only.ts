import type { Plant } from "../plant/plant.ts";
import { Ledger } from "../statistics/ledger.ts";

/** Workers of whom nothing is known but their number, and no queue: what a value series is decided for. */
export class ReplicasOnly implements Plant {
  readonly mode = "exact";
  readonly ledger = new Ledger(1, undefined);
  readonly waiting = 0;
  readonly inFlight = 0;
  readonly oldestArrival = Number.POSITIVE_INFINITY;
  readonly taken = 0;
  readonly busy = 0;
  now = 0;
  replicas: number;
  readonly #scaled: (at: number, replicas: number) => void;

  /** `scaled` hears of each scaling, in milliseconds from the start. */
  constructor(initial: number, scaled: (at: number, replicas: number) => void) {
    this.replicas = initial;
    this.#scaled = scaled;
  }

  get ready(): number {
    return this.replicas;
  }

  get workers(): number {
    return this.replicas;
  }

  advance(to: number): void {
    this.now = to;
  }

  scale(replicas: number): void {
    this.replicas = replicas;
    this.#scaled(this.now, replicas);
  }

  finish(): void {
    // Nothing waits that would have to be counted.
  }
}
