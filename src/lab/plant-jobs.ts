import type { Instant, JobsSeen, SeenJob } from "../core/index.ts";
import type { Plant } from "./plant/plant.ts";

/** Readings that are older create no Job. */
const REMEMBERED_MS = 120_000;

/** The plant's workers as Jobs, of which the oldest end first. */
export class PlantJobs {
  readonly #plant: Plant;
  readonly #start: Instant;
  /** Of those that have not ended, oldest first. */
  readonly #createdAt: number[] = [];
  #ended: (SeenJob & { readonly endedAt: Instant })[] = [];

  constructor(plant: Plant, start: Instant) {
    this.#plant = plant;
    this.#start = start;
    this.noteCreated();
  }

  get #now(): Instant {
    return this.#start + this.#plant.now;
  }

  /** Those that the plant has more than before were created at this moment, after what was read at it. */
  noteCreated(): void {
    while (this.#createdAt.length < this.#plant.replicas) this.#createdAt.push(this.#now + 0.5);
  }

  seen(): JobsSeen {
    const { replicas, ready } = this.#plant;
    const endedAt = this.#now;
    for (const createdAt of this.#createdAt.splice(0, this.#createdAt.length - replicas)) {
      this.#ended.push({ createdAt, workingSince: createdAt, endedAt });
    }
    const knownSince = endedAt - REMEMBERED_MS;
    this.#ended = this.#ended.filter((job) => job.endedAt > knownSince);
    const live = this.#createdAt.map((createdAt, index) =>
      index < ready ? { createdAt, workingSince: createdAt } : { createdAt },
    );
    return { jobs: [...live, ...this.#ended], knownSince };
  }
}
