import { setMaxListeners } from "node:events";
import type { Instant } from "../../../core/index.ts";
import type { ConnectionTools, Shared, SourceTools } from "../source.ts";
import { SourceError } from "../source-error.ts";
import { USUAL_SECONDS } from "../time-limit.ts";
import { type AwsAddress, addressKey } from "./client.ts";
import {
  CloudWatchCalls,
  type MetricAnswer,
  type MetricOutcome,
  type MetricQuestion,
  questionKey,
} from "./cloudwatch-calls.ts";

/** CloudWatch takes this many queries a call. */
const QUERIES_A_CALL = 500;
/** CloudWatch has new numbers each minute; asking more often gets (and pays for) the same ones. */
const MINUTE = 60_000;
/** Questions that come within this time share a call. */
const COALESCE_MS = 20;
/** A question that failed may be asked again this soon. */
const RETRY_MS = 5_000;
/** A question not asked for this long is not refreshed along with the others. */
const WANTED_MS = 2 * MINUTE;
/** A question not asked for this long is forgotten. */
const REMEMBERED_MS = 60 * MINUTE;

interface Entry {
  readonly question: MetricQuestion;
  wantedAt: Instant;
  /** How long the last reader waits. */
  seconds: number;
  /** When it may be asked again: the next minute, or sooner after a failure. */
  dueAt: Instant;
  /** Set once a call that held only this question was refused: from then on it is asked alone. */
  isSuspect: boolean;
  answer: MetricAnswer;
  asking: Promise<void> | undefined;
}

/**
 * Asks CloudWatch for many series at once: all questions of a region together, each at most once a minute. The first read
 * in a minute refreshes all that are in use.
 */
export class MetricBatch implements Shared {
  readonly #calls: CloudWatchCalls;
  readonly #now: () => Instant;
  readonly #entries = new Map<string, Entry>();
  readonly #closed = new AbortController();
  #gathering: { readonly timer: NodeJS.Timeout; readonly done: Promise<void>; readonly go: () => void } | undefined;

  constructor(address: AwsAddress, tools: ConnectionTools & Pick<SourceTools, "now">) {
    this.#calls = new CloudWatchCalls(address, tools);
    this.#now = tools.now;
    // Each call under way listens to it, and thousands of series are several calls.
    setMaxListeners(0, this.#closed.signal);
  }

  static share(address: AwsAddress, tools: SourceTools) {
    return tools.share(`cloudwatch ${addressKey(address)}`, () => new MetricBatch(address, tools));
  }

  known(question: MetricQuestion): MetricAnswer {
    return this.#entries.get(questionKey(question))?.answer ?? {};
  }

  /** Resolves when the question was asked in this minute; the answer, or why there is none, is then `known`. */
  async refresh(question: MetricQuestion, seconds = USUAL_SECONDS): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const entry = this.#entryOf(question);
    entry.wantedAt = this.#now();
    entry.seconds = seconds;
    // What is under way may have been asked in an earlier minute.
    await entry.asking;
    if (!this.#isDue(entry)) return;
    await this.#gather();
    await entry.asking;
  }

  dispose(): void {
    this.#closed.abort();
    if (this.#gathering !== undefined) {
      clearTimeout(this.#gathering.timer);
      this.#gathering.go();
    }
    this.#calls.dispose();
  }

  /** A time further ahead than any that is set means that the clock was set back. */
  #isDue({ dueAt }: Entry): boolean {
    const now = this.#now();
    return now >= dueAt || now < dueAt - MINUTE;
  }

  #minuteStart(): Instant {
    return Math.floor(this.#now() / MINUTE) * MINUTE;
  }

  #entryOf(question: MetricQuestion): Entry {
    const key = questionKey(question);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry = { question, wantedAt: 0, seconds: 0, dueAt: 0, isSuspect: false, answer: {}, asking: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Waits a moment for others to join, then sends all that is due. */
  #gather(): Promise<void> {
    if (this.#gathering === undefined) {
      const { promise: done, resolve: go } = Promise.withResolvers<void>();
      const timer = setTimeout(() => {
        this.#gathering = undefined;
        this.#send();
        go();
      }, COALESCE_MS);
      this.#gathering = { timer, done, go };
    }
    return this.#gathering.done;
  }

  #send(): void {
    const now = this.#now();
    for (const [key, { wantedAt }] of this.#entries) if (now - wantedAt > REMEMBERED_MS) this.#entries.delete(key);
    const due = [...this.#entries.values()].filter(
      (entry) => this.#isDue(entry) && !entry.asking && now - entry.wantedAt <= WANTED_MS,
    );
    for (const entries of callsFor(due)) {
      const asking = this.#ask(entries, this.#minuteStart()).finally(() => {
        for (const entry of entries) entry.asking = undefined;
      });
      for (const entry of entries) {
        entry.dueAt = this.#minuteStart() + MINUTE;
        entry.asking = asking;
      }
    }
  }

  /** Never rejects. A refused call is halved until the question that spoils it stands alone. */
  async #ask(entries: readonly Entry[], minuteStart: Instant): Promise<void> {
    try {
      const questions = entries.map(({ question }) => question);
      // Readers with less time give up by themselves.
      const seconds = Math.max(...entries.map((entry) => entry.seconds));
      const outcomes = await this.#calls.ask(questions, minuteStart, { seconds, signal: this.#closed.signal });
      for (const [index, entry] of entries.entries()) this.#note(entry, outcomes[index]);
    } catch (error) {
      const failure = error instanceof SourceError ? error : new SourceError("Malformed", String(error));
      const isSpoilt = failure.kind === "Malformed" && entries.length > 1;
      if (isSpoilt) {
        const half = Math.ceil(entries.length / 2);
        await this.#ask(entries.slice(0, half), minuteStart);
        await this.#ask(entries.slice(half), minuteStart);
        return;
      }
      for (const entry of entries) {
        entry.isSuspect = failure.kind === "Malformed";
        this.#note(entry, { failure });
      }
    }
  }

  #note(entry: Entry, outcome: MetricOutcome | undefined): void {
    if (outcome !== undefined && "points" in outcome) {
      entry.isSuspect = false;
      entry.answer = { points: outcome.points, answeredAt: this.#now() };
    } else {
      const failure = outcome?.failure ?? new SourceError("Malformed", "CloudWatch left a question unanswered");
      entry.answer = { ...entry.answer, failure };
      entry.dueAt = Math.min(entry.dueAt, this.#now() + RETRY_MS);
    }
  }
}

/** Questions of one window go together, as many as a call takes; suspects go alone, and so do expressions. */
function callsFor(due: readonly Entry[]): Entry[][] {
  const calls: Entry[][] = [];
  const open = new Map<string, Entry[]>();
  for (const entry of due) {
    const { fromSecondsAgo, untilSecondsAgo } = entry.question;
    const window = `${fromSecondsAgo} ${untilSecondsAgo}`;
    const isAlone = entry.isSuspect || "expression" in entry.question.series;
    const call = isAlone ? undefined : open.get(window);
    if (call !== undefined && call.length < QUERIES_A_CALL) {
      call.push(entry);
      continue;
    }
    const begun = [entry];
    calls.push(begun);
    if (!isAlone) open.set(window, begun);
  }
  return calls;
}
