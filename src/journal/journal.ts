import type { Decision, Instant, Situation } from "../core/index.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { entryOf, isAlike, type JournalRecord, withoutMemory } from "./journal-record.ts";
import { RememberedEntries } from "./remembered-entries.ts";

export interface JournalOptions {
  /** The whole process only says what it would do. */
  readonly dryRun?: boolean;
  /** Decisions kept of one autoscaler at most; fewer where many share the room. Default: 1000. */
  readonly eachKept?: number;
  /** Decisions kept of all together, besides the newest of each. Default: 5000 (some 10 MB). */
  readonly pastKept?: number;
  /** Is handed each decision when it is made and, where there is more to say of it, when the next one is. */
  readonly write?: (entry: JournalEntry) => void;
}

/** Which entries are asked for. */
export interface JournalQuery {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
  /** Those that were true at this moment or later. */
  readonly since?: Instant | undefined;
  /** So many, the newest. */
  readonly limit: number;
}

/** A decision that goes on and on is written again, so that its file tells how long it has held. */
const SAY_AGAIN_MS = 3_600_000;
/** Of one autoscaler, however many share the room: a few minutes of a busy queue. */
const LEAST_SHARE = 50;

/** What was decided and why, for as far back as its bounds allow: one record for each decision that said something new. */
export class Journal {
  readonly #options: Required<Omit<JournalOptions, "write">>;
  readonly #write: JournalOptions["write"];
  /** By autoscaler, oldest first; the last one is still going on. */
  readonly #histories = new Map<string, JournalRecord[]>();
  /** All that are over, oldest first. */
  readonly #past = new Set<JournalRecord>();
  /** Before the first of those. */
  #remembered = new RememberedEntries();

  constructor(options: JournalOptions = {}) {
    this.#options = { dryRun: false, eachKept: 1_000, pastKept: 5_000, ...options };
    this.#write = options.write;
  }

  /** How many records there are. */
  get size(): number {
    return this.#histories.size + this.#past.size + this.#remembered.size;
  }

  /** What an earlier process decided, oldest first: it can be asked for as long as there is room. */
  remember(entries: readonly JournalEntry[]): void {
    const { eachKept, pastKept } = this.#options;
    const room = pastKept - this.#past.size;
    this.#remembered = new RememberedEntries(room > 0 ? entries.slice(-room) : [], eachKept);
  }

  decided(situation: Situation, decision: Decision): void {
    const { autoscaler, now, signals } = situation;
    const history = this.#histories.get(autoscaler.id);
    const last = history?.at(-1);
    if (last !== undefined && isAlike(last, situation, decision)) {
      last.until = Math.max(last.until, now);
      last.count += 1;
      last.signals = signals;
      last.decision = decision;
      if (now - last.writtenAt >= SAY_AGAIN_MS) this.#tell(last, now);
      return;
    }
    const record = this.#begin(situation, decision);
    if (history === undefined || last === undefined) this.#histories.set(autoscaler.id, [record]);
    else {
      history.push(record);
      this.#end(last);
    }
    this.#tell(record, now);
  }

  /** Replicas were changed, as a decision had asked. */
  scaled(id: string, at: Instant, from: number, to: number): void {
    const record = this.#asked(id, to);
    if (record === undefined) return;
    record.outcome = "Scaled";
    record.scaled = { at, from, to };
    this.#amend(record);
  }

  /** Replicas could not be changed as a decision had asked. */
  failed(id: string, to: number, because: string): void {
    const record = this.#asked(id, to);
    if (record === undefined) return;
    record.outcome = "Failed";
    record.failure = because;
    this.#amend(record);
  }

  /** The autoscaler is gone, and what was decided for it with it. */
  forgotten(id: string): void {
    const history = this.#histories.get(id) ?? [];
    const last = history.at(-1);
    if (last !== undefined) this.#tellEnd(last);
    for (const record of history) this.#past.delete(record);
    this.#histories.delete(id);
    this.#remembered.forget(id);
  }

  /** The newest decision for an autoscaler. */
  newest(id: string): JournalRecord | undefined {
    return this.#histories.get(id)?.at(-1);
  }

  /** Oldest first. */
  entries({ namespace, name, kind, since = Number.NEGATIVE_INFINITY, limit }: JournalQuery): readonly JournalEntry[] {
    const found: JournalRecord[] = [];
    for (const history of this.#histories.values()) {
      const origin = history[0]?.autoscaler.origin;
      if (namespace !== undefined && origin?.namespace !== namespace) continue;
      if (name !== undefined && origin?.name !== name) continue;
      if (kind !== undefined && origin?.kind !== kind) continue;
      found.push(...history.filter(({ until }) => until >= since));
    }
    found.sort((one, other) => one.at - other.at);
    const newest = found.slice(Math.max(0, found.length - limit)).map(entryOf);
    const room = limit - newest.length;
    if (room === 0) return newest;
    return [...this.#remembered.matching({ namespace, name, kind, since }).slice(-room), ...newest];
  }

  /** The process ends: says what there is still to say of the decisions that go on. */
  close(): void {
    for (const history of this.#histories.values()) {
      const last = history.at(-1);
      if (last !== undefined) this.#tellEnd(last);
    }
  }

  #begin({ autoscaler, currentReplicas, signals, memory, now }: Situation, decision: Decision): JournalRecord {
    const { id, origin, profile, mode } = autoscaler;
    const { minReplicas, maxReplicas } = decision.bounds ?? autoscaler;
    const isDry = mode === "DryRun" || this.#options.dryRun;
    const asks = isDry ? "DryRun" : "Pending";
    return {
      autoscaler: { id, origin, profile, mode, minReplicas, maxReplicas },
      ...{ at: now, until: now, writtenAt: now, count: 1 },
      ...{ currentReplicas, signals, lastScaleAt: memory.lastScaleAt, decision },
      outcome: decision.direction === "none" ? "NothingToDo" : asks,
      scaled: undefined,
      failure: undefined,
    };
  }

  #end(record: JournalRecord): void {
    this.#tellEnd(record);
    record.decision = withoutMemory(record);
    this.#past.add(record);
    const history = this.#histories.get(record.autoscaler.id);
    if (history !== undefined) this.#makeRoom(record.autoscaler.id, history);
  }

  #makeRoom(id: string, history: readonly JournalRecord[]): void {
    const { eachKept, pastKept } = this.#options;
    const older = this.#remembered;
    const share = Math.max(LEAST_SHARE, Math.floor(pastKept / this.#histories.size));
    const kept = Math.min(eachKept, share);
    while (older.of(id).length > 0 && older.of(id).length + history.length > kept) older.dropOne(id);
    while (history.length > kept) this.#drop(history[0]);
    if (this.#past.size + older.size <= pastKept) return;
    if (older.size > 0) older.dropOne();
    else this.#drop(this.#past.values().next().value);
  }

  /** Of one autoscaler as of all together, the oldest goes first. */
  #drop(oldest: JournalRecord | undefined): void {
    if (oldest === undefined) return;
    this.#past.delete(oldest);
    this.#histories.get(oldest.autoscaler.id)?.shift();
  }

  #tell(record: JournalRecord, now: Instant): void {
    record.writtenAt = now;
    this.#write?.(entryOf(record));
  }

  /** The workload's own news are often here before the answer to the write: then its end has been told already. */
  #amend(record: JournalRecord): void {
    if (record !== this.newest(record.autoscaler.id)) this.#write?.(entryOf(record));
  }

  #tellEnd(record: JournalRecord): void {
    if (record.count > 1 || record.outcome !== "NothingToDo") this.#write?.(entryOf(record));
  }

  /** By the time a write has ended something else may have been decided. */
  #asked(id: string, to: number): JournalRecord | undefined {
    return this.#histories
      .get(id)
      ?.findLast(({ decision }) => decision.direction !== "none" && decision.desiredReplicas === to);
  }
}
