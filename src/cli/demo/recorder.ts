import type { LogLine } from "./muster-process.ts";
import type { Observation, Turn } from "./observation.ts";
import type { Replicas } from "./watch-deployment.ts";

/** Writes down what is seen of the demo's world, on one time line that begins with the first accepted message. */
export class Recorder {
  readonly observations: Observation[] = [];
  readonly turns: Turn[] = [];
  #startedAt: number | undefined;
  #now: Omit<Observation, "at"> = { backlog: 0, replicas: 0, ready: 0 };

  /** The first message was accepted now. Later calls change nothing. */
  begin(): void {
    if (this.#startedAt !== undefined) return;
    this.#startedAt = Date.now();
    this.#observe({});
  }

  sawBacklog(backlog: number): void {
    this.#observe({ backlog });
  }

  sawReplicas(replicas: Replicas): void {
    this.#observe(replicas);
  }

  /** A line of Muster's log: those about scalings say why. */
  readLog({ time, from, to, reason }: LogLine): void {
    if (typeof from !== "number" || typeof to !== "number" || this.#startedAt === undefined) return;
    const at = Math.max(0, Date.parse(String(time)) - this.#startedAt);
    this.turns.push({ at, from, to, because: String(reason).replace(/^New size: .*?; reason: /, "") });
  }

  /** Milliseconds since the beginning; 0 before it. */
  get elapsedMs(): number {
    return this.#startedAt === undefined ? 0 : Date.now() - this.#startedAt;
  }

  get latest(): Omit<Observation, "at"> {
    return this.#now;
  }

  #observe(change: Partial<Observation>): void {
    this.#now = { ...this.#now, ...change };
    if (this.#startedAt !== undefined) this.observations.push({ at: this.elapsedMs, ...this.#now });
  }
}
