import type { Instant } from "../../core/index.ts";
import { inWords } from "../duration.ts";
import type { Traffic } from "../traffic/traffic.ts";
import { ArrivalsError, quoted } from "./arrivals-error.ts";
import { type Bins, binsOf } from "./bins-of.ts";
import { COUNT_NAME, SERVICE_NAME, unitIn } from "./column-names.ts";
import { ArrivalColumns } from "./columns.ts";
import { howArrivalsRead } from "./how-read.ts";
import { RecordedLines } from "./recorded-lines.ts";
import type { Cells, ColumnNames } from "./row-reader.ts";
import { RowTimes, type RowTimesTerms } from "./row-times.ts";

const USUAL = { count: COUNT_NAME, service: SERVICE_NAME };
type Column = keyof typeof USUAL;

/** How a file of arrivals is to be read. */
export interface ArrivalsTerms extends RowTimesTerms {
  readonly columns: ColumnNames<Column>;
  /** Seconds of service in one unit of the service column; left out: as its name says, or one. */
  readonly serviceScale?: number;
  /** So large a share of all messages is played. */
  readonly share: number;
  /** Only what arrived from then on, and before then. */
  readonly from?: Instant;
  readonly to?: Instant;
  /** Start of files that count seconds from a start of their own. */
  readonly start: Instant;
  /** Entries that are kept before they are taken together by time; left out: 3 million. */
  readonly mostEntries?: number;
}

/** More is no number of messages of one row. */
const MOST_MESSAGES = 1e10;
const LONGEST_SERVICE_SECONDS = 1e7;
const MOMENTS: Bins = { binMs: 0, gaps: 0, longestGapMs: 0 };

/** Reads recorded arrivals from a file's lines, a row at a time; the first thing that is wrong is refused with its line. */
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
      throw new ArrivalsError(file, undefined, `expected rows with a time each, got ${got}`);
    }
    if (this.#columns.size === 0) {
      throw new ArrivalsError(file, undefined, `expected rows from --from to --to, got none of ${this.#rows}`);
    }
    const origin = this.#isMessages ? this.#first : Math.floor(this.#first);
    const { at, counts, serviceMs } = this.#columns.take(origin);
    const isStated = serviceMs.some((own) => !Number.isNaN(own));
    const asMessages = this.#isMessages && this.#columns.grainMs === 0;
    const { gaps, longestGapMs, ...bins } = asMessages ? MOMENTS : binsOf(at, this.#columns.grainMs);
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
    this.#serviceScale ??= this.#terms.serviceScale ?? unitIn(this.#lines.columns?.used.service ?? "")?.seconds ?? 1;
    return this.#serviceScale;
  }

  /** Of messages one by one a share is every so many of them. */
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
      ...howArrivalsRead(this.#lines.columns, this.#isMessages, this.#terms.serviceScale),
      ...(share === 1 ? [] : [`${share} of the recorded messages are played.`]),
      ...(grain === 0
        ? []
        : [
            `${this.#rows} rows are too many to be kept one by one: they are taken together by ${inWords(grain / 1000)}.`,
          ]),
      ...(this.#isMessages ? [] : this.#times.repeats("both count")),
    ];
  }
}
