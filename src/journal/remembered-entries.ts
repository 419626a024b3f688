import type { Instant } from "../core/index.ts";
import type { JournalEntry } from "./journal-entry.ts";

/** Whose entries are asked for, and those that were true from when on. */
interface Wanted {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly kind: string | undefined;
  readonly since: Instant;
}

/** What an earlier process decided, as its file tells it. It only ever grows less. */
export class RememberedEntries {
  readonly #histories = new Map<string, JournalEntry[]>();
  #size = 0;

  /** Keeps the newest of each autoscaler; entries come oldest first. */
  constructor(entries: readonly JournalEntry[] = [], eachKept = Number.POSITIVE_INFINITY) {
    for (const entry of entries) {
      const history = this.#histories.get(entry.id);
      if (history === undefined) this.#histories.set(entry.id, [entry]);
      else history.push(entry);
    }
    for (const [id, history] of this.#histories) {
      const kept = history.slice(-eachKept);
      this.#histories.set(id, kept);
      this.#size += kept.length;
    }
  }

  get size(): number {
    return this.#size;
  }

  of(id: string): readonly JournalEntry[] {
    return this.#histories.get(id) ?? [];
  }

  /** Oldest first. */
  matching({ namespace, name, kind, since }: Wanted): readonly JournalEntry[] {
    const isWanted = (entry: JournalEntry) =>
      (namespace === undefined || entry.namespace === namespace) &&
      (name === undefined || entry.name === name) &&
      (kind === undefined || entry.kind === kind) &&
      Date.parse(entry.until) >= since;
    const found = [...this.#histories.values()].flatMap((history) => history.filter(isWanted));
    return found.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  }

  /** Makes room for something newer: the oldest of that autoscaler, or of the one that was remembered first. */
  dropOne(id: string | undefined = this.#histories.keys().next().value): void {
    const history = id === undefined ? undefined : this.#histories.get(id);
    if (id === undefined || history === undefined) return;
    history.shift();
    this.#size -= 1;
    if (history.length === 0) this.#histories.delete(id);
  }

  forget(id: string): void {
    this.#size -= this.of(id).length;
    this.#histories.delete(id);
  }
}
