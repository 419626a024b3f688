/** SQS remembers a deduplication id for five minutes. */
const REMEMBERED_MS = 300_000;

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
    this.#sent.set(deduplicationId, { ...sent, at: now });
  }
}
