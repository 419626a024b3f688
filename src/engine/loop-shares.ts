/** Share of the process's time that the answers to one namespace's reads may take. */
const SHARE = 0.05;
/** What takes less than this holds nobody up. */
const FREE_MILLISECONDS = 1;
const MOST_NAMESPACES = 1_000;

/**
 * Sees to it that no namespace's answers keep the process from the others' work: a read whose answer took long to take
 * in is repeated the later for it, and so are all such reads of its namespace together. Small answers cost nothing.
 */
export class LoopShares {
  readonly #paidAt = new Map<string, number>();

  /** Notes the milliseconds that an answer took. Returns when its read may be repeated at the earliest; both on one steady clock. */
  charge(namespace: string, milliseconds: number, now: number): number {
    if (milliseconds < FREE_MILLISECONDS) return now;
    if (this.#paidAt.size >= MOST_NAMESPACES) this.#forgetPaid(now);
    const paidAt = Math.max(this.#paidAt.get(namespace) ?? 0, now) + milliseconds / SHARE;
    this.#paidAt.set(namespace, paidAt);
    return paidAt;
  }

  #forgetPaid(now: number): void {
    for (const [namespace, paidAt] of this.#paidAt) if (paidAt <= now) this.#paidAt.delete(namespace);
  }
}
