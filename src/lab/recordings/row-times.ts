import type { Instant } from "../../core/index.ts";
import { type Notation, parseMoment } from "../../shared/parse-time.ts";
import type { UserError } from "../../shared/user-error.ts";
import { formatDuration } from "../duration.ts";
import { SECONDS, type Unit, unitOfName } from "./column-names.ts";
import type { KnownColumns } from "./row-reader.ts";
import { quoted, rowError } from "./row-reader.ts";
import { WallClock } from "./wall-clock.ts";

export interface RowTimesTerms {
  readonly file: string;
  /** IANA time zone of times without one; left out: UTC. */
  readonly timeZone?: string | undefined;
  /** Rows after this moment are refused. */
  readonly now: Instant;
}

const LONGEST_SPAN_MS = 20 * 366 * 86_400_000;

interface RowCount {
  readonly first: number;
  readonly count: number;
}

/** Reads the times of rows: in one notation, in order, in the past. Refuses others with their line. */
export class RowTimes {
  notation: Notation | undefined;
  /** Milliseconds of the epoch or from the file's own start; NaN before the first row. */
  first = Number.NaN;
  /** The longest step between rows, and the line after it. */
  longest = { ms: 0, line: 0 };
  /** Rows with the time of the row before. */
  repeated: RowCount | undefined;
  /** Unit of numbers that count from the file's own start. */
  #unit: Unit = SECONDS;
  #column = "";
  readonly #terms: RowTimesTerms;
  readonly #clock: WallClock | undefined;
  #last: { readonly at: number; readonly text: string } | undefined;
  #twice: RowCount | undefined;
  #never: RowCount | undefined;

  constructor(terms: RowTimesTerms) {
    this.#terms = terms;
    this.#clock = terms.timeZone === undefined ? undefined : new WallClock(terms.timeZone);
  }

  /** The name of the time column, which may name a unit: minute, offset_ms. */
  set column(name: string | undefined) {
    this.#column = name ?? "";
    this.#unit = unitOfName(this.#column) ?? SECONDS;
  }

  take(text: string, line: number): number {
    const at = this.#parseMoment(text, line);
    if (this.notation !== "seconds" && at > this.#terms.now) {
      throw this.#wrong(
        line,
        `expected a time that has been, got ${quoted(text)}; --allow-future plays it all the same`,
      );
    }
    const last = this.#last;
    if (last !== undefined && at < last.at) {
      throw this.#wrong(
        line,
        `expected times in their order, got ${quoted(text)} after ${quoted(last.text)}: sort the file first`,
      );
    }
    if (Number.isNaN(this.first)) this.first = at;
    if (at - this.first > LONGEST_SPAN_MS) throw this.#wrong(line, `expected at most 20 years, got ${quoted(text)}`);
    if (last !== undefined) this.#step(at - last.at, line);
    this.#last = { at, text };
    return at;
  }

  /** Remarks on how times were read. */
  get remarks(): readonly string[] {
    const isOwn = this.notation === "seconds" && this.#unit.name !== "seconds";
    const own = `Times are ${this.#unit.name} from a start of their own, as ${this.#column} says.`;
    return [...(isOwn ? [own] : []), ...this.#zoneRemarks];
  }

  /** Remarks on times that clocks of the zone showed twice or never. */
  get #zoneRemarks(): readonly string[] {
    const { timeZone, file } = this.#terms;
    if (timeZone === undefined) return [];
    if (this.notation !== undefined && this.notation !== "dates without a zone") {
      return [`--time-zone changes nothing: ${file} has ${this.notation}.`];
    }
    const twice = `that clocks in ${timeZone} showed twice: the first time counts, or the second where the rows before are past that`;
    const never = `that clocks in ${timeZone} never showed: the moment counts when they were put forward. Is it another zone?`;
    return [
      ...(this.#twice === undefined ? [] : [describeRows(this.#twice, `${twice}.`)]),
      ...(this.#never === undefined ? [] : [describeRows(this.#never, never)]),
    ];
  }

  /** A remark on rows that repeat a time. */
  repeats(meaning: "both count" | "the last one counts"): readonly string[] {
    if (this.repeated === undefined) return [];
    const { first, count } = this.repeated;
    if (count === 1) return [`Line ${first} repeats the time of the row before: ${meaning}.`];
    return [`${count} rows repeat the time of the row before, the first in line ${first}: ${meaning}.`];
  }

  /** A remark on gaps and their meaning. */
  gaps(count: number, longestMs: number, meaning: string): readonly string[] {
    if (count === 0) return [];
    const many = count === 1 ? "There is a gap" : `There are ${count} gaps, the longest`;
    return [`${many} of ${formatDuration(longestMs / 1000)} before line ${this.longest.line}: ${meaning}.`];
  }

  #parseMoment(text: string, line: number): number {
    const moment = parseMoment(text);
    if (moment === undefined) {
      throw this.#wrong(line, `expected a time such as 2024-06-01 12:00:00 or 1717243200, got ${quoted(text)}`);
    }
    const { at, notation } = moment;
    this.notation ??= notation;
    // In a fine unit, a day from the file's own start is as large as a number of the epoch.
    if (this.notation === "seconds" && this.#unit.seconds < 1 && notation.startsWith("epoch")) {
      return Number(text) * this.#unit.seconds * 1000;
    }
    if (notation !== this.notation) {
      throw this.#wrong(line, `expected ${this.notation} as in the rows before, got ${notation}: ${quoted(text)}`);
    }
    if (notation === "seconds") return at * this.#unit.seconds;
    if (this.#clock === undefined || notation !== "dates without a zone") return at;
    const { at: instant, shown } = this.#clock.instantOf(at, this.#last?.at);
    if (shown === "twice") this.#twice = countRow(this.#twice, line);
    else if (shown === "never") this.#never = countRow(this.#never, line);
    return instant;
  }

  #step(milliseconds: number, line: number): void {
    if (milliseconds > this.longest.ms) this.longest = { ms: milliseconds, line };
    if (milliseconds === 0) this.repeated = countRow(this.repeated, line);
  }

  #wrong(line: number, message: string): UserError {
    return rowError(this.#terms.file, line, message);
  }
}

function countRow(seldom: RowCount | undefined, line: number): RowCount {
  return { first: seldom?.first ?? line, count: (seldom?.count ?? 0) + 1 };
}

function describeRows({ first, count }: RowCount, what: string): string {
  return count === 1 ? `Line ${first} has a time ${what}` : `${count} rows from line ${first} on have times ${what}`;
}

/** Unused columns to name in a remark. */
const MOST_NAMED = 8;

/** A remark on how columns of arrivals were read, if it is not obvious. */
export function describeArrivalColumns(
  columns: KnownColumns<"count" | "service"> | undefined,
  isMessages: boolean,
  serviceScale: number | undefined,
): readonly string[] {
  const { count, service } = columns?.used ?? {};
  const times = service === undefined ? [] : [`service times from ${service}, ${describeUnit(service, serviceScale)}`];
  const messages = isMessages ? "each row one message" : `numbers of messages from ${count}`;
  return describeColumns(columns, [messages, ...times], service !== undefined);
}

/** A remark on how columns were read, if some are unused: it shows a wrong guess. */
export function describeColumns<Column extends string>(
  columns: KnownColumns<Column> | undefined,
  meanings: readonly string[],
  isTold = false,
): readonly string[] {
  if (columns === undefined || (columns.unused.length === 0 && !isTold)) return [];
  const parts = [`times from ${columns.used.time}`, ...meanings];
  return [`Read with ${parts.join("; ")}${describeUnused(columns)}.`];
}

function describeUnit(service: string, scale: number | undefined): string {
  return scale === undefined ? `in ${unitOfName(service)?.name ?? "seconds"}` : `of which one is ${scale} s`;
}

function describeUnused<Column extends string>({ choosable, unused }: KnownColumns<Column>): string {
  if (unused.length === 0) return "";
  const named = unused.slice(0, MOST_NAMED).join(", ");
  const more = unused.length > MOST_NAMED ? ` and ${unused.length - MOST_NAMED} more` : "";
  const options = choosable.map((column) => `--${column}-column`).join(" or ");
  return `; not used: ${named}${more} (${options} takes another)`;
}
