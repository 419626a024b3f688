import type { Decision, Instant, Situation } from "../core/index.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { dropMemory, isRepeated, type JournalRecord, jobsOf, toEntry } from "./journal-record.ts";

interface JournalOptions {
  /** The whole process only reports what it would do. */
  readonly dryRun?: boolean;
  /** The most decisions kept of one autoscaler; fewer where many share the room. Default: 1000. */
  readonly eachKept?: number;
  /** The most decisions kept in all, in addition to the newest of each. Default: 5000 (some 10 MB). */
  readonly pastKept?: number;
  /** Called with each decision when it is made, and again when the next one is made if it changed since. */
  readonly write?: (entry: JournalEntry) => void;
}

/** Which entries to return. */
interface JournalQuery {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
  /** Those that held at this time or later. */
  readonly since?: Instant | undefined;
  /** The most entries to return, the newest. */
  readonly limit: number;
}

/** Whether an origin is one of those that the query names. */
export function matchesOrigin(
  origin: Pick<JournalEntry, "kind" | "namespace" | "name"> | undefined,
  query: Pick<JournalQuery, "namespace" | "name" | "kind">,
): boolean {
  return (["namespace", "name", "kind"] as const).every(
    (field) => query[field] === undefined || origin?.[field] === query[field],
  );
}

/** A decision that holds for long is written again, so that its file shows how long. */
const REPEAT_MS = 3_600_000;
/** Kept of each autoscaler even where many share the room: a few minutes of a busy queue. */
const LEAST_SHARE = 50;

/** What was decided and why, as far back as its bounds allow: one record for each decision that differed from the last. */
export class Journal {
  readonly #options: Required<Omit<JournalOptions, "write">>;
  readonly #write: JournalOptions["write"];
  /** By autoscaler, oldest first; the last one still holds. */
  readonly #histories = new Map<string, JournalRecord[]>();
  /** Those that no longer hold, oldest first. */
  readonly #past = new Set<JournalRecord>();
  /** Decisions of an earlier process. */
  #remembered = new RememberedEntries();

  constructor(options: JournalOptions = {}) {
    this.#options = { dryRun: false, eachKept: 1_000, pastKept: 5_000, ...options };
    this.#write = options.write;
  }

  /** The number of records. */
  get size(): number {
    return this.#histories.size + this.#past.size + this.#remembered.size;
  }

  /** Keeps what an earlier process decided, oldest first, while there is room. */
  remember(entries: readonly JournalEntry[]): void {
    const { eachKept, pastKept } = this.#options;
    const room = pastKept - this.#past.size;
    this.#remembered = new RememberedEntries(room > 0 ? entries.slice(-room) : [], eachKept);
  }

  decided(situation: Situation, decision: Decision): void {
    const { autoscaler, now, signals } = situation;
    const history = this.#histories.get(autoscaler.id);
    const last = history?.at(-1);
    if (last !== undefined && isRepeated(last, situation, decision)) {
      last.until = Math.max(last.until, now);
      last.count += 1;
      last.signals = signals;
      last.decision = decision;
      if (now - last.writtenAt >= REPEAT_MS) this.#writeNow(last, now);
      return;
    }
    const record = this.#begin(situation, decision);
    if (history === undefined || last === undefined) this.#histories.set(autoscaler.id, [record]);
    else {
      history.push(record);
      this.#end(last);
    }
    this.#writeNow(record, now);
  }

  /** The replicas were changed as decided. */
  scaled(id: string, at: Instant, from: number, to: number): void {
    const record = this.#find(id, to);
    if (record === undefined) return;
    record.outcome = "Scaled";
    record.scaled = { at, from, to };
    this.#amend(record);
  }

  /** The replicas could not be changed as decided. */
  failed(id: string, to: number, because: string): void {
    const record = this.#find(id, to);
    if (record === undefined) return;
    record.outcome = "Failed";
    record.failure = because;
    this.#amend(record);
  }

  /** The autoscaler was deleted: forgets its decisions. */
  forgotten(id: string): void {
    const history = this.#histories.get(id) ?? [];
    const last = history.at(-1);
    if (last !== undefined) this.#writeEnd(last);
    for (const record of history) this.#past.delete(record);
    this.#histories.delete(id);
    this.#remembered.forget(id);
  }

  /** The newest decision for an autoscaler. */
  newest(id: string): JournalRecord | undefined {
    return this.#histories.get(id)?.at(-1);
  }

  /** Those of one autoscaler that this process made, oldest first. */
  records(id: string): readonly JournalRecord[] {
    return this.#histories.get(id) ?? [];
  }

  /** Oldest first. */
  entries(query: JournalQuery): readonly JournalEntry[] {
    const { since = Number.NEGATIVE_INFINITY, limit } = query;
    const found: JournalRecord[] = [];
    for (const history of this.#histories.values()) {
      if (!matchesOrigin(history[0]?.autoscaler.origin, query)) continue;
      found.push(...history.filter(({ until }) => until >= since));
    }
    found.sort((one, other) => one.at - other.at);
    const newest = found.slice(Math.max(0, found.length - limit)).map(toEntry);
    const room = limit - newest.length;
    if (room === 0) return newest;
    return [...this.#remembered.matching(query).slice(-room), ...newest];
  }

  /** The process ends: writes the final state of the decisions that still hold. */
  close(): void {
    for (const history of this.#histories.values()) {
      const last = history.at(-1);
      if (last !== undefined) this.#writeEnd(last);
    }
  }

  #begin(situation: Situation, decision: Decision): JournalRecord {
    const { autoscaler, currentReplicas, signals, memory, workers, now } = situation;
    const { id, origin, profile, mode } = autoscaler;
    const { minReplicas, maxReplicas } = decision.bounds ?? autoscaler;
    const isDry = mode === "DryRun" || this.#options.dryRun;
    const asks = isDry ? "DryRun" : "Pending";
    return {
      autoscaler: { id, origin, profile, mode, minReplicas, maxReplicas },
      ...{ at: now, until: now, writtenAt: now, count: 1 },
      ...{ currentReplicas, signals, lastScaleAt: memory.lastScaleAt, workers, decision },
      jobs: jobsOf(situation),
      outcome: decision.direction === "none" ? "NothingToDo" : asks,
      scaled: undefined,
      failure: undefined,
    };
  }

  #end(record: JournalRecord): void {
    this.#writeEnd(record);
    record.decision = dropMemory(record);
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

  /** The record is the oldest of its autoscaler and of all. */
  #drop(oldest: JournalRecord | undefined): void {
    if (oldest === undefined) return;
    this.#past.delete(oldest);
    this.#histories.get(oldest.autoscaler.id)?.shift();
  }

  #writeNow(record: JournalRecord, now: Instant): void {
    record.writtenAt = now;
    this.#write?.(toEntry(record));
  }

  /** The workload's change often arrives before the answer to the write: then the record's end was written already. */
  #amend(record: JournalRecord): void {
    if (record !== this.newest(record.autoscaler.id)) this.#write?.(toEntry(record));
  }

  #writeEnd(record: JournalRecord): void {
    if (record.count > 1 || record.outcome !== "NothingToDo") this.#write?.(toEntry(record));
  }

  /** The decision that a write belongs to; by the time it ends, another may have been made. */
  #find(id: string, to: number): JournalRecord | undefined {
    return this.#histories
      .get(id)
      ?.findLast(({ decision }) => decision.direction !== "none" && decision.desiredReplicas === to);
  }
}

/** What an earlier process decided, from its file. It only shrinks. */
class RememberedEntries {
  readonly #histories = new Map<string, JournalEntry[]>();
  #size = 0;

  /** Keeps the newest of each autoscaler; `entries`: oldest first. */
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
  matching(query: Omit<JournalQuery, "limit">): readonly JournalEntry[] {
    const { since = Number.NEGATIVE_INFINITY } = query;
    const isWanted = (entry: JournalEntry) => matchesOrigin(entry, query) && Date.parse(entry.until) >= since;
    const found = [...this.#histories.values()].flatMap((history) => history.filter(isWanted));
    return found.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  }

  /** Drops the oldest entry of that autoscaler, or of the one that was remembered first. */
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
