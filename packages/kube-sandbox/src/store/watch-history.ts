import type { Change } from "./change.ts";

/** The newest writes, bounded: what a watch can resume from, and what paged lists are rolled back by. */
export class WatchHistory {
  readonly #limit: number;
  #changes: Change[] = [];
  #compactedRevision: number;

  constructor(limit: number, startRevision: number) {
    this.#limit = limit;
    this.#compactedRevision = startRevision;
  }

  /** Everything up to this revision is forgotten. */
  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  add(change: Change): void {
    this.#changes.push(change);
    // Cut in large pieces: a shift for each write would copy the list each time.
    if (this.#changes.length >= this.#limit * 2) this.#forget(this.#changes.length - this.#limit);
  }

  /** Forgets everything: whoever resumes from before now is answered 410. */
  compact(revision: number): void {
    this.#changes = [];
    this.#compactedRevision = revision;
  }

  /** The writes after a revision, oldest first; undefined where some of them are forgotten. */
  since(revision: number): readonly Change[] | undefined {
    if (revision < this.#compactedRevision) return undefined;
    return this.#changes.slice(this.#indexAfter(revision));
  }

  #forget(count: number): void {
    const last = this.#changes[count - 1];
    if (last !== undefined) this.#compactedRevision = last.revision;
    this.#changes = this.#changes.slice(count);
  }

  #indexAfter(revision: number): number {
    let [low, high] = [0, this.#changes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
