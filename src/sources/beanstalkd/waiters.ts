import type { Listening, WorkListener } from "../shared/source.ts";
import type { SourceError } from "../shared/source-error.ts";

/** Hears when a tube gets its first waiter and loses its last one. */
export interface TubeListener {
  wanted(tube: string): void;
  unwanted(tube: string): void;
}

/** Who waits for work in which tube. Ten thousand idle tubes wait all the time, so a wait is one small object. */
export class Waiters {
  readonly #byTube = new Map<string, readonly Waiter[]>();
  readonly #listener: TubeListener;

  constructor(listener: TubeListener) {
    this.#listener = listener;
  }

  /** How many tubes are waited on. */
  get size(): number {
    return this.#byTube.size;
  }

  tubes(): Iterable<string> {
    return this.#byTube.keys();
  }

  /** The listener hears once: when the tube is woken or fails, unless it stops listening before. */
  add(tube: string, listener: WorkListener): Listening {
    const present = this.#byTube.get(tube) ?? [];
    const waiter = new Waiter(this, tube, listener);
    this.#byTube.set(tube, present.concat(waiter));
    if (present.length === 0) this.#listener.wanted(tube);
    return waiter;
  }

  /** It has stopped waiting; one that was told already is none any more. */
  remove(waiter: Waiter): void {
    const { tube } = waiter;
    const present = this.#byTube.get(tube) ?? [];
    const left = present.filter((other) => other !== waiter);
    if (left.length === present.length) return;
    if (left.length > 0) this.#byTube.set(tube, left);
    else this.#take(tube);
  }

  wake(tube: string): void {
    for (const { listener } of this.#take(tube)) listener.heard("maybe-work");
  }

  fail(tube: string, error: SourceError): void {
    for (const { listener } of this.#take(tube)) listener.failed(error);
  }

  failAll(error: SourceError): void {
    for (const tube of [...this.#byTube.keys()]) this.fail(tube, error);
  }

  #take(tube: string): readonly Waiter[] {
    const waiters = this.#byTube.get(tube) ?? [];
    if (this.#byTube.delete(tube)) this.#listener.unwanted(tube);
    return waiters;
  }
}

class Waiter implements Listening {
  readonly #waiters: Waiters;
  readonly tube: string;
  readonly listener: WorkListener;

  constructor(waiters: Waiters, tube: string, listener: WorkListener) {
    this.#waiters = waiters;
    this.tube = tube;
    this.listener = listener;
  }

  stop(): void {
    this.#waiters.remove(this);
  }
}
