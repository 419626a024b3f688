/** So many passes run before others get the event loop: about 10 ms of decisions. */
const PASSES_A_TURN = 200;

/**
 * What needs a pass, each thing once however often it was asked for, in the order of asking. Passes run as soon as the
 * present code has ended, and one that throws harms none of the others.
 */
export class ReconcileQueue<Item> {
  readonly #reconcile: (item: Item) => void;
  readonly #queue = new Set<Item>();
  #scheduled = false;

  /** `reconcile` handles its own exceptions. */
  constructor(reconcile: (item: Item) => void) {
    this.#reconcile = reconcile;
  }

  get size(): number {
    return this.#queue.size;
  }

  add(item: Item): void {
    this.#queue.add(item);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#turn());
  }

  delete(item: Item): void {
    this.#queue.delete(item);
  }

  #turn(): void {
    let left = PASSES_A_TURN;
    for (const item of this.#queue) {
      if (left === 0) break;
      left -= 1;
      this.#queue.delete(item);
      this.#reconcile(item);
    }
    this.#scheduled = this.#queue.size > 0;
    if (this.#scheduled) setImmediate(() => this.#turn());
  }
}
