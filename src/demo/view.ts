import { counted } from "../core/wording.ts";
import type { Labels } from "./acts.ts";
import { duration, type Observation, type Turn } from "./recorder.ts";

/** Shows the story while it happens. */
export interface View {
  show(story: Story): void;
  /** Leaves the terminal as it was, with the last picture in place. */
  end(): void;
}

/** A live picture in a terminal, plain lines where there is none. */
export function openView(output: NodeJS.WriteStream): View {
  return output.isTTY ? createLiveView(output) : createLineView(output);
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_LINE = "\u001b[2K";

function createLiveView(output: NodeJS.WriteStream): View {
  let drawn = 0;
  return {
    show(story) {
      const frame = drawFrame(story, output);
      const up = drawn === 0 ? HIDE_CURSOR : `\u001b[${drawn}A`;
      const blank = Array.from({ length: Math.max(0, drawn - frame.length) }, () => "");
      const lines = [...frame, ...blank];
      output.write(`${up}${lines.map((line) => `${CLEAR_LINE}${line}\n`).join("")}`);
      drawn = lines.length;
    },
    end() {
      if (drawn > 0) output.write(SHOW_CURSOR);
    },
  };
}

/** A line for each scene, each change, and each few seconds in between. */
function createLineView(output: NodeJS.WriteStream): View {
  const EVERY_MS = 5000;
  let scene = "";
  let kubectl = "";
  let remark: string | undefined;
  let shown = 0;
  let lastBeat = Number.NEGATIVE_INFINITY;
  return {
    show(story) {
      if (story.kubectl !== kubectl) output.write(`Look for yourself: ${story.kubectl}\n`);
      if (story.remark !== remark) output.write(`${story.remark}\n`);
      if (story.scene !== scene) output.write(`${story.scene}\n`);
      for (const turn of story.turns.slice(shown)) output.write(`${turnLine(turn)}\n`);
      ({ scene, kubectl, remark } = story);
      shown = story.turns.length;
      const seen = story.observations.at(-1);
      if (seen === undefined || seen.at - lastBeat < EVERY_MS) return;
      lastBeat = seen.at;
      const [messages, workers] = [counted(seen.backlog, "message"), counted(seen.replicas, "worker")];
      output.write(`            ${messages}, ${workers} (${seen.ready} ready)\n`);
    },
    end: () => undefined,
  };
}

/** Everything that the live picture shows. */
interface Story {
  /** What happens now, in a sentence. */
  readonly scene: string;
  /** What the viewer can paste into another terminal. */
  readonly kubectl: string;
  /** What is otherwise than on a cluster. */
  readonly remark?: string | undefined;
  readonly labels: Labels;
  readonly observations: readonly Observation[];
  readonly turns: readonly Turn[];
}

const SHOWN_TURNS = 6;
/** The picture grows with time in these steps, so that it does not shrink at every frame. */
const SPAN_STEP_MS = 15_000;

/** Lines of a frame besides the rows of its charts: titles, axes, times, changes, and what is said around them. */
const OTHER_LINES = SHOWN_TURNS + 9;

/** Rows of the two charts in a terminal of that height, whose last line stays free for the cursor. */
function chartHeights(rows: number): readonly [number, number] {
  const free = Math.min(13, Math.max(4, rows - 1 - OTHER_LINES));
  const lower = Math.max(2, Math.floor(free * 0.4));
  return [free - lower, lower];
}

/**
 * One frame of the live picture: backlog and replicas over time, and why the last changes were made. It fits a terminal of
 * 24 lines: what is longer scrolls, and is drawn anew below itself.
 */
export function drawFrame(
  story: Story,
  { columns = 80, rows = 24 }: { readonly columns?: number; readonly rows?: number },
): string[] {
  const [upper, lower] = chartHeights(rows);
  const width = Math.max(20, Math.min(100, columns - 10));
  const now = story.observations.at(-1)?.at ?? 0;
  const spanMs = Math.max(SPAN_STEP_MS, Math.ceil((now + 1) / SPAN_STEP_MS) * SPAN_STEP_MS);
  const chart = (title: string, height: number, value: (seen: Observation) => number) =>
    drawChart(
      { title, width, height, spanMs },
      story.observations.map((seen) => ({ at: seen.at, value: value(seen) })),
    );
  return [
    `  ${story.scene}`,
    ...chart(story.labels.backlog, upper, (seen) => seen.backlog),
    ...chart(story.labels.replicas, lower, (seen) => seen.replicas),
    `        0${duration(spanMs).padStart(width - 1)}`,
    ...story.turns.slice(-SHOWN_TURNS).map((turn) => turnLine(turn)),
    "",
    `  ${story.remark ?? ""}`.trimEnd(),
    `  Look around: ${story.kubectl}`,
  ].map((line) => clip(line, columns));
}

/** One change of the replica count with its reason, as a line. */
function turnLine(turn: Turn): string {
  return `  ${duration(turn.at).padStart(8)}  ${turn.from} -> ${counted(turn.to, "worker")}  ${turn.because}`;
}

function clip(line: string, columns: number): string {
  const characters = [...line];
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join("")}…`;
}

/** One thing measured over time. */
interface Sample {
  /** Milliseconds since the chart's beginning. */
  readonly at: number;
  readonly value: number;
}

interface ChartShape {
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
    return `${label.padStart(AXIS_WIDTH)} ┤${columns.map((value) => drawCell(value, top, row, shape.height)).join("")}`;
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

function drawCell(value: number | undefined, top: number, row: number, height: number): string {
  if (value === undefined) return " ";
  const eighths = Math.round((value / top) * height * 8);
  const below = (height - 1 - row) * 8;
  // Anything above zero shows: one waiting message is what the picture is about.
  const filled = Math.max(eighths - below, value > 0 && row === height - 1 ? 1 : 0);
  return EIGHTHS[Math.min(8, Math.max(0, filled))] ?? " ";
}
