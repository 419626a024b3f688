import type { Instant } from "../../core/index.ts";
import { UserError } from "../../shared/user-error.ts";
import { formatDuration } from "../duration.ts";
import type { Traffic } from "../traffic/traffic.ts";
import { COUNT_NAME, SERVICE_NAME, unitOfName } from "./column-names.ts";
import { type Bins, findBins } from "./recorded-series.ts";
import { type Cells, type ColumnNames, quoted, RecordedLines } from "./row-reader.ts";
import { describeArrivalColumns, RowTimes, type RowTimesTerms } from "./row-times.ts";

const USUAL = { count: COUNT_NAME, service: SERVICE_NAME };
type Column = keyof typeof USUAL;

export interface ArrivalsTerms extends RowTimesTerms {
  readonly columns: ColumnNames<Column>;
  /** Seconds in one unit of the service column; left out: by the column's name, or 1. */
  readonly serviceScale?: number | undefined;
  /** Share of all messages to play. */
  readonly share: number;
  /** Only arrivals from then on, and before then. */
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  /** When files begin that count seconds from their own start. */
  readonly start: Instant;
  /** Entries to keep before they are merged by time; left out: 3 million. */
  readonly mostEntries?: number;
}

const MOST_MESSAGES = 1e10;
const LONGEST_SERVICE_SECONDS = 1e7;
const MOMENTS: Bins = { binMs: 0, gaps: 0, longestGapMs: 0 };

/** Reads recorded arrivals from a file's lines; refuses the first invalid row with its line number. */
export async function readArrivals(
  lines: AsyncIterable<readonly (string | undefined)[]>,
  terms: ArrivalsTerms,
): Promise<Traffic> {
  const reading = new ArrivalsReading(terms);
  for await (const some of lines) for (const line of some) reading.take(line);
  return reading.end();
}

class ArrivalsReading {
  readonly #terms: ArrivalsTerms;
  readonly #columns: ArrivalColumns;
  readonly #lines: RecordedLines<Column>;
  readonly #times: RowTimes;
  #isMessages = false;
  #rows = 0;
  #first = Number.NaN;
  #owed = 0;
  #serviceScale: number | undefined;

  constructor(terms: ArrivalsTerms) {
    this.#terms = terms;
    this.#columns = new ArrivalColumns(terms.mostEntries);
    this.#lines = new RecordedLines(terms.file, { usual: USUAL, names: terms.columns });
    this.#times = new RowTimes(terms);
  }

  take(line: string | undefined): void {
    const row = this.#lines.take(line);
    if (row !== undefined) this.#row(row);
  }

  end(): Traffic {
    const { file, start } = this.#terms;
    if (this.#rows === 0) {
      const got = this.#lines.isEmpty ? "an empty file" : "a header and no rows";
      throw new UserError(`${file}: expected rows with a time each, got ${got}`);
    }
    if (this.#columns.size === 0) {
      throw new UserError(`${file}: expected rows from --from to --to, got none of ${this.#rows}`);
    }
    const origin = this.#isMessages ? this.#first : Math.floor(this.#first);
    const { at, counts, serviceMs } = this.#columns.take(origin);
    const isStated = serviceMs.some((own) => !Number.isNaN(own));
    const asMessages = this.#isMessages && this.#columns.grainMs === 0;
    const { gaps, longestGapMs, ...bins } = asMessages ? MOMENTS : findBins(at, this.#columns.grainMs);
    const lastAt = (at.at(-1) ?? 0) + (asMessages ? 1 : bins.binMs);
    return {
      name: file,
      kind: asMessages ? "messages" : "counts",
      start: this.#times.notation === "seconds" ? start + origin : origin,
      durationMs: Math.max(1_000, Math.ceil(lastAt)),
      at,
      ...(asMessages ? {} : { counts }),
      ...bins,
      ...(isStated ? { serviceMs } : {}),
      remarks: [
        ...this.#remarks(),
        ...this.#times.remarks,
        ...(this.#columns.grainMs > 0 ? [] : this.#times.gaps(gaps, longestGapMs, "no messages then")),
      ],
    };
  }

  #row({ time, count, service }: Cells<Column>): void {
    if (this.#rows === 0) this.#times.column = this.#lines.columns?.used.time;
    const at = this.#times.take(time, this.#lines.number);
    const { from, to, share } = this.#terms;
    if (this.#rows === 0) this.#isMessages = count === undefined;
    this.#rows += 1;
    const messages = count === undefined ? 1 : this.#number(count, "a number of messages", MOST_MESSAGES);
    const seconds =
      service === undefined
        ? Number.NaN
        : this.#scale * this.#number(service, "a service time", LONGEST_SERVICE_SECONDS / this.#scale);
    if ((from !== undefined && at < from) || (to !== undefined && at >= to)) return;
    if (Number.isNaN(this.#first)) this.#first = at;
    const serviceMs = seconds * 1000;
    if (count !== undefined) this.#columns.add(at, messages * share, serviceMs, true);
    else this.#message(at, serviceMs);
  }

  /** Seconds in one unit of the service column. */
  get #scale(): number {
    this.#serviceScale ??=
      this.#terms.serviceScale ?? unitOfName(this.#lines.columns?.used.service ?? "")?.seconds ?? 1;
    return this.#serviceScale;
  }

  /** Of single messages a share is every nth one. */
  #message(at: number, serviceMs: number): void {
    this.#owed += this.#terms.share;
    for (; this.#owed >= 1 - 1e-9; this.#owed -= 1) this.#columns.add(at, 1, serviceMs, false);
  }

  #number(text: string, what: string, most: number): number {
    const value = text === "" ? Number.NaN : Number(text);
    if (value >= 0 && value <= most) return value;
    throw this.#lines.wrong(`expected ${what} from 0 to ${most}, got ${quoted(text)}`);
  }

  #remarks(): readonly string[] {
    const { share } = this.#terms;
    const grain = this.#columns.grainMs;
    return [
      ...describeArrivalColumns(this.#lines.columns, this.#isMessages, this.#terms.serviceScale),
      ...(share === 1 ? [] : [`${share} of the recorded messages are played.`]),
      ...(grain === 0
        ? []
        : [
            `${this.#rows} rows are too many to be kept one by one: they are taken together by ${formatDuration(grain / 1000)}.`,
          ]),
      ...(this.#isMessages ? [] : this.#times.repeats("both count")),
    ];
  }
}

/** About 100 MB. More entries are merged by time. */
const MOST_ENTRIES = 3_000_000;
const FIRST_GRAIN_MS = 1_000;

/** Arrivals in growing columns. Too many entries are merged into coarser time, so that memory is bounded. */
class ArrivalColumns {
  /** Entries are merged over this time; 0: not merged. */
  grainMs = 0;
  size = 0;
  readonly #most: number;
  #at = new Float64Array(1024);
  #counts = new Float64Array(1024);
  /** Mean service time of an entry; NaN if no row states one. */
  #services = new Float64Array(1024);

  constructor(most = MOST_ENTRIES) {
    this.#most = most;
  }

  get lastAt(): number {
    return this.size === 0 ? Number.NEGATIVE_INFINITY : (this.#at[this.size - 1] as number);
  }

  /** Times must not go back. An entry with the time, or grain, of the last one is merged with it. */
  add(at: number, count: number, serviceMs: number, mayMerge: boolean): void {
    const from = this.grainMs === 0 ? at : Math.floor(at / this.grainMs) * this.grainMs;
    if ((mayMerge || this.grainMs > 0) && from <= this.lastAt) {
      this.#merge(this.size - 1, count, serviceMs);
      return;
    }
    if (this.size === this.#most) {
      this.#coarsen();
      this.add(at, count, serviceMs, mayMerge);
      return;
    }
    if (this.size === this.#at.length) this.#grow();
    this.#at[this.size] = from;
    this.#counts[this.size] = count;
    this.#services[this.size] = serviceMs;
    this.size += 1;
  }

  /** The columns, with times relative to `origin`. */
  take(origin: number): { at: Float64Array; counts: Float64Array; serviceMs: Float64Array } {
    const at = this.#at.slice(0, this.size);
    for (let index = 0; index < at.length; index += 1) at[index] = (at[index] as number) - origin;
    return { at, counts: this.#counts.slice(0, this.size), serviceMs: this.#services.slice(0, this.size) };
  }

  #merge(index: number, count: number, serviceMs: number): void {
    const before = this.#counts[index] as number;
    const known = this.#services[index] as number;
    this.#counts[index] = before + count;
    if (Number.isNaN(serviceMs)) return;
    const total = before + count;
    this.#services[index] =
      Number.isNaN(known) || total === 0 ? serviceMs : (known * before + serviceMs * count) / total;
  }

  #coarsen(): void {
    this.grainMs = this.grainMs === 0 ? FIRST_GRAIN_MS : this.grainMs * 2;
    let kept = 0;
    for (let index = 0; index < this.size; index += 1) {
      const at = Math.floor((this.#at[index] as number) / this.grainMs) * this.grainMs;
      if (kept > 0 && this.#at[kept - 1] === at) {
        this.#merge(kept - 1, this.#counts[index] as number, this.#services[index] as number);
        continue;
      }
      this.#at[kept] = at;
      this.#counts[kept] = this.#counts[index] as number;
      this.#services[kept] = this.#services[index] as number;
      kept += 1;
    }
    this.size = kept;
  }

  #grow(): void {
    const length = Math.min(this.#most, this.#at.length * 2);
    this.#at = longer(this.#at, length);
    this.#counts = longer(this.#counts, length);
    this.#services = longer(this.#services, length);
  }
}

function longer(column: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length);
  grown.set(column);
  return grown;
}
