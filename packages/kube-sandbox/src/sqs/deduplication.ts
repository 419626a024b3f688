/** SQS remembers a deduplication id for five minutes. */
const REMEMBERED_MS = 300_000;
/** Ids remembered at most; the oldest go first. */
const MAX_IDS = 200_000;

/** What was sent under a deduplication id lately. */
export interface SentBefore {
  readonly id: string;
  readonly sequence: number;
}

/** A FIFO queue's memory of what it was already sent. */
export class Deduplication {
  /** Oldest first: insertion order. */
  readonly #sent = new Map<string, SentBefore & { readonly at: number }>();

  find(deduplicationId: string, now: number): SentBefore | undefined {
    for (const [id, { at }] of this.#sent) {
      if (now - at < REMEMBERED_MS) break;
      this.#sent.delete(id);
    }
    return this.#sent.get(deduplicationId);
  }

  remember(deduplicationId: string, sent: SentBefore, now: number): void {
    this.#sent.set(deduplicationId, { id: sent.id, sequence: sent.sequence, at: now });
    if (this.#sent.size > MAX_IDS) this.#sent.delete(this.#sent.keys().next().value ?? "");
  }
}
