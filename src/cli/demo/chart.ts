/** One thing measured over time. */
export interface Sample {
  /** Milliseconds since the chart's beginning. */
  readonly at: number;
  readonly value: number;
}

export interface ChartShape {
  readonly title: string;
  /** Columns and rows of the plot itself, without axis and title. */
  readonly width: number;
  readonly height: number;
  /** Milliseconds that the whole width stands for. */
  readonly spanMs: number;
}

const EIGHTHS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const AXIS_WIDTH = 6;

/** Draws samples as columns of block characters, with the largest value on the axis. Returns height + 2 lines. */
export function drawChart(shape: ChartShape, samples: readonly Sample[]): string[] {
  const columns = columnValues(shape, samples);
  const top = Math.max(1, ...columns.filter((value) => value !== undefined));
  const latest = samples.at(-1)?.value ?? 0;
  const rows = Array.from({ length: shape.height }, (_, row) => {
    const label = row === 0 ? String(top) : row === shape.height - 1 ? "0" : "";
    return `${label.padStart(AXIS_WIDTH)} ┤${columns.map((value) => cell(value, top, row, shape.height)).join("")}`;
  });
  const title = `${" ".repeat(AXIS_WIDTH + 2)}${shape.title}: ${latest}`;
  return [title, ...rows, `${" ".repeat(AXIS_WIDTH)} └${"─".repeat(shape.width)}`];
}

/** The highest value seen in each column's time; a column without a sample repeats the one before it. */
function columnValues(shape: ChartShape, samples: readonly Sample[]): (number | undefined)[] {
  const columns: (number | undefined)[] = new Array(shape.width).fill(undefined);
  const columnOf = (at: number) => Math.min(shape.width - 1, Math.floor((at / shape.spanMs) * shape.width));
  for (const { at, value } of samples) {
    const column = columnOf(at);
    columns[column] = Math.max(columns[column] ?? 0, value);
  }
  const newest = samples.length === 0 ? -1 : columnOf(samples.at(-1)?.at ?? 0);
  for (let column = 1; column <= newest; column++) columns[column] ??= columns[column - 1];
  return columns;
}

function cell(value: number | undefined, top: number, row: number, height: number): string {
  if (value === undefined) return " ";
  const eighths = Math.round((value / top) * height * 8);
  const below = (height - 1 - row) * 8;
  // Anything above zero shows: one waiting message is what the picture is about.
  const filled = Math.max(eighths - below, value > 0 && row === height - 1 ? 1 : 0);
  return EIGHTHS[Math.min(8, Math.max(0, filled))] ?? " ";
}
