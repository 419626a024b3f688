import { ArrivalsError } from "./arrivals-error.ts";
import { type Cells, type FittingReader, type KnownColumns, type Layout, readerFor } from "./row-reader.ts";

/** The rows among a recorded file's lines; a byte order mark, blank lines, comments and a header are none. */
export class RecordedLines<Column extends string> {
  readonly #file: string;
  readonly #layout: Layout<Column>;
  #number = 0;
  #reader: FittingReader<Column> | undefined;

  constructor(file: string, layout: Layout<Column>) {
    this.#file = file;
    this.#layout = layout;
  }

  /** The number of the line that was taken last; the first one is 1. */
  get number(): number {
    return this.#number;
  }

  /** Whether there was nothing so far, not even a header. */
  get isEmpty(): boolean {
    return this.#reader === undefined;
  }

  /** What the file's names mean; undefined where it has none, and before the first row. */
  get columns(): KnownColumns<Column> | undefined {
    return this.#reader?.columns();
  }

  /** The next line's row, if it is one. Undefined stands for a line that was too long to be kept. */
  take(line: string | undefined): Cells<Column> | undefined {
    this.#number += 1;
    if (line === undefined) throw this.wrong("expected a row, got a line of more than 4 MiB");
    const text = (this.#number === 1 ? line.replace(/^\uFEFF/, "") : line).trim();
    if (text === "" || text.startsWith("#")) return undefined;
    if (this.#reader === undefined) {
      this.#reader = readerFor(text, this.#file, this.#number, this.#layout);
      if (this.#reader.isHeader) return undefined;
    }
    return this.#reader.read(text, this.#number);
  }

  /** An error at the line that was taken last. */
  wrong(message: string): ArrivalsError {
    return new ArrivalsError(this.#file, this.#number, message);
  }
}
