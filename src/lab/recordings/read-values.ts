import type { Instant } from "../../core/index.ts";
import { UserError } from "../../shared/user-error.ts";
import { type Bins, findBins, type RecordedValues, spansAt } from "./recorded-series.ts";
import { type Cells, type ColumnNames, quoted, RecordedLines } from "./row-reader.ts";
import { describeColumns, RowTimes, type RowTimesTerms } from "./row-times.ts";

const USUAL = { value: /^(value|metric|lag|backlog|messages|count)$/i, replicas: /^(replicas|workers|pods)$/i };
type Column = keyof typeof USUAL;

export interface ValuesTerms extends RowTimesTerms {
  readonly columns: ColumnNames<Column>;
  /** Only values from then on, and before then. */
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  /** When files begin that count seconds from their own start. */
  readonly start: Instant;
  /** Most rows; left out: 3 million, about 100 MB. */
  readonly mostRows?: number;
}

const MOST_ROWS = 3_000_000;
/** How exports write a missing value. */
const MISSING = /^(nan|null|none|nil|undefined|n\/a|-|[+-]?inf(inity)?)?$/i;
const MOST_REPLICAS = 1_000_000;

/** Reads recorded values from a file's lines; refuses the first invalid row with its line number. */
export async function readValues(
  lines: AsyncIterable<readonly (string | undefined)[]>,
  terms: ValuesTerms,
): Promise<RecordedValues> {
  const reading = new ValuesReading(terms);
  for await (const some of lines) for (const line of some) reading.take(line);
  return reading.end();
}

class ValuesReading {
  readonly #terms: ValuesTerms;
  readonly #lines: RecordedLines<Column>;
  readonly #times: RowTimes;
  readonly #at: number[] = [];
  readonly #values: number[] = [];
  readonly #replicas: number[] = [];
  #rows = 0;
  #hasReplicas = false;

  constructor(terms: ValuesTerms) {
    this.#terms = terms;
    this.#lines = new RecordedLines<Column>(terms.file, { usual: USUAL, otherwise: "value", names: terms.columns });
    this.#times = new RowTimes(terms);
  }

  take(line: string | undefined): void {
    const row = this.#lines.take(line);
    if (row !== undefined) this.#row(row);
  }

  end(): RecordedValues {
    const { file, start } = this.#terms;
    if (this.#at.length === 0) {
      const got =
        this.#rows > 0
          ? `none of ${this.#rows} from --from to --to`
          : this.#lines.isEmpty
            ? "an empty file"
            : "a header alone";
      throw new UserError(`${file}: expected rows with a time and a value each, got ${got}`);
    }
    const isRelative = this.#times.notation === "seconds";
    const at = Float64Array.from(this.#at, (moment) => (isRelative ? start + moment : moment));
    const bins = findBins(at, 0);
    const spans = spansAt(at, bins.binMs);
    return {
      ...{ name: file, at, values: Float64Array.from(this.#values), spans, remarks: this.#remarks(bins) },
      ...(this.#hasReplicas ? { replicas: Float64Array.from(this.#replicas) } : {}),
    };
  }

  #row({ time, value, replicas }: Cells<Column>): void {
    if (this.#rows === 0) this.#times.column = this.#lines.columns?.used.time;
    const at = this.#times.take(time, this.#lines.number);
    this.#rows += 1;
    if (value === undefined) throw this.#lines.wrong("expected a time and a value, got a time alone");
    const number = this.#number(value);
    const workers = this.#workers(replicas);
    const { from = at, to = Number.POSITIVE_INFINITY, mostRows = MOST_ROWS } = this.#terms;
    if (at < from || at >= to) return;
    // The last row of a time counts.
    const index = this.#at.at(-1) === at ? this.#at.length - 1 : this.#at.length;
    if (index === mostRows) {
      throw this.#lines.wrong(`expected at most ${mostRows} values, got more: take a part of them by --from and --to`);
    }
    this.#at[index] = at;
    this.#values[index] = number;
    this.#replicas[index] = workers;
  }

  #number(text: string): number {
    if (MISSING.test(text)) return Number.NaN;
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw this.#lines.wrong(`expected a number, or nothing where there was none, got ${quoted(text)}`);
  }

  #workers(text: string | undefined): number {
    if (text === undefined || MISSING.test(text)) return Number.NaN;
    const replicas = Number(text);
    if (!Number.isInteger(replicas) || replicas < 0 || replicas > MOST_REPLICAS) {
      throw this.#lines.wrong(`expected a number of replicas from 0 to ${MOST_REPLICAS}, got ${quoted(text)}`);
    }
    this.#hasReplicas = true;
    return replicas;
  }

  #remarks({ gaps, longestGapMs }: Bins): readonly string[] {
    const missing = this.#values.filter(Number.isNaN).length;
    const { columns } = this.#lines;
    const { value, replicas } = columns?.used ?? {};
    const workers = replicas === undefined ? [] : [`workers from ${replicas}`];
    return [
      ...describeColumns(columns, [`values from ${value}`, ...workers]),
      ...this.#times.remarks,
      ...(missing === 0
        ? []
        : [`${missing} of ${this.#values.length} rows have no value: looks fail then, as they would live.`]),
      ...this.#times.gaps(gaps, longestGapMs, "looks fail then, as they would live"),
      ...this.#times.repeats("the last one counts"),
    ];
  }
}
