import type { Random } from "../random.ts";
import type { Workers } from "./plant.ts";

/** Workers that become ready at one time. */
interface Group {
  readonly at: number;
  count: number;
}

/** Workers as counts. */
export class BatchWorkforce {
  starting = 0;
  ready = 0;
  readonly #terms: Workers;
  readonly #random: Random;
  /** Earliest first. */
  readonly #starts: Group[] = [];

  constructor(terms: Workers, random: Random, initial: number) {
    this.#terms = terms;
    this.#random = random;
    this.ready = initial;
  }

  get replicas(): number {
    return this.starting + this.ready;
  }

  get nextAt(): number {
    return this.#starts[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  begin(): void {
    const group = this.#starts.shift();
    if (group === undefined) return;
    this.starting -= group.count;
    this.ready += group.count;
  }

  /** Returns how many ready workers stop. */
  scale(replicas: number, now: number): number {
    if (replicas > this.replicas) this.#hire(replicas - this.replicas, now);
    let excess = this.replicas - replicas;
    while (excess > 0 && this.#starts.length > 0) {
      const last = this.#starts.at(-1) as Group;
      const gone = Math.min(last.count, excess);
      last.count -= gone;
      this.starting -= gone;
      excess -= gone;
      if (last.count === 0) this.#starts.pop();
    }
    this.ready -= Math.max(0, excess);
    return Math.max(0, excess);
  }

  #hire(count: number, now: number): void {
    const { startUpSeconds, startUpJitter } = this.#terms;
    if (startUpSeconds === 0) {
      this.ready += count;
      return;
    }
    this.starting += count;
    const jitter = startUpJitter === 0 ? 0 : startUpJitter * (2 * this.#random.next() - 1);
    this.#expect({ at: now + startUpSeconds * 1000 * (1 + jitter), count });
  }

  /** Inserts by time, nearly always at the end. */
  #expect(group: Group): void {
    const starts = this.#starts;
    let place = starts.length;
    while (place > 0 && (starts[place - 1] as Group).at > group.at) place -= 1;
    if (place === starts.length) starts.push(group);
    else starts.splice(place, 0, group);
  }
}
