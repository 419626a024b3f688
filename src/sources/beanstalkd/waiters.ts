import { SourceError } from "../shared/source-error.ts";

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: SourceError) => void;
}

/** Hears when a tube gets its first waiter and loses its last one. */
export interface TubeListener {
  wanted(tube: string): void;
  unwanted(tube: string): void;
}

/** Who waits for work in which tube. */
export class Waiters {
  readonly #byTube = new Map<string, Set<Waiter>>();
  readonly #listener: TubeListener;

  constructor(listener: TubeListener) {
    this.#listener = listener;
  }

  /** How many tubes are waited on. */
  get size(): number {
    return this.#byTube.size;
  }

  has(tube: string): boolean {
    return this.#byTube.has(tube);
  }

  tubes(): Iterable<string> {
    return this.#byTube.keys();
  }

  /** Resolves when the tube is woken; rejects when it fails, or with TimedOut when the signal aborts. */
  add(tube: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(cutShort());
    return new Promise((resolve, reject) => {
      const leave = () => this.#remove(tube, waiter, () => reject(cutShort()));
      const settled = () => signal.removeEventListener("abort", leave);
      const waiter: Waiter = {
        resolve: () => {
          settled();
          resolve();
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#insert(tube, waiter);
    });
  }

  wake(tube: string): void {
    for (const waiter of this.#take(tube)) waiter.resolve();
  }

  fail(tube: string, error: SourceError): void {
    for (const waiter of this.#take(tube)) waiter.reject(error);
  }

  failAll(error: SourceError): void {
    for (const tube of [...this.#byTube.keys()]) this.fail(tube, error);
  }

  #insert(tube: string, waiter: Waiter): void {
    const waiters = this.#byTube.get(tube);
    if (waiters !== undefined) {
      waiters.add(waiter);
      return;
    }
    this.#byTube.set(tube, new Set([waiter]));
    this.#listener.wanted(tube);
  }

  #remove(tube: string, waiter: Waiter, then: () => void): void {
    const waiters = this.#byTube.get(tube);
    if (!waiters?.delete(waiter)) return;
    if (waiters.size === 0) this.#take(tube);
    then();
  }

  #take(tube: string): Iterable<Waiter> {
    const waiters = this.#byTube.get(tube) ?? [];
    if (this.#byTube.delete(tube)) this.#listener.unwanted(tube);
    return waiters;
  }
}

function cutShort(): SourceError {
  return new SourceError("TimedOut", "no work had come when the wait was cut short");
}
