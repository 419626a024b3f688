import { Component, createRef } from "preact";
import uPlot from "uplot";
import { clock, dayAndClock, exact, short } from "./words.ts";

export interface ChartLine {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** A variable of the style sheet. */
  readonly colour: string;
  readonly dashed?: boolean;
  /** On an axis of its own, at the right. */
  readonly right?: boolean;
}

/** A scaling. */
export interface Mark {
  /** In seconds since the epoch. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

interface ChartProps {
  readonly title: string;
  readonly at: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly marks: readonly Mark[];
  /** Written on the axes. */
  readonly units: readonly [left: (value: number) => string, right?: (value: number) => string];
}

const HEIGHT = 200;
/** As the style sheet has it for the strip below: times are at the same places in all. */
const MARGIN = 54;
/** Pointed at in one, pointed at in all. */
const TOGETHER = "detail";
const MOST_ROWS = 200;

export class Chart extends Component<ChartProps, { opened: boolean }> {
  override state = { opened: false };
  readonly #place = createRef<HTMLDivElement>();
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  #plot: uPlot | undefined;
  #resized: ResizeObserver | undefined;

  override componentDidMount(): void {
    this.#draw();
    this.#scheme.addEventListener("change", this.#draw);
    this.#resized = new ResizeObserver(() => {
      const width = this.#place.current?.clientWidth ?? 0;
      if (width > 0) this.#plot?.setSize({ width, height: HEIGHT });
    });
    if (this.#place.current) this.#resized.observe(this.#place.current);
  }

  override componentDidUpdate(before: ChartProps): void {
    if (before.lines.length !== this.props.lines.length) this.#draw();
    else if (before.at !== this.props.at) this.#plot?.setData(this.#data());
  }

  override componentWillUnmount(): void {
    this.#scheme.removeEventListener("change", this.#draw);
    this.#resized?.disconnect();
    this.#plot?.destroy();
  }

  #data(): uPlot.AlignedData {
    return [[...this.props.at], ...this.props.lines.map(({ values }) => [...values])];
  }

  readonly #draw = () => {
    const place = this.#place.current;
    if (place === null) return;
    this.#plot?.destroy();
    const colours = getComputedStyle(place);
    const colour = (name: string) => colours.getPropertyValue(`--${name}`).trim();
    const { lines, units } = this.props;
    const hasRight = lines.some(({ right }) => right);
    const axis = { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
    const labels = (unit: (value: number) => string) => (_: uPlot, values: number[]) => values.map(unit);
    const right: uPlot.Axis = {
      ...axis,
      ...{ scale: "right", side: 1, size: MARGIN, grid: { show: false } },
      values: labels(units[1] ?? short),
      show: hasRight,
    };
    this.#plot = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT,
        padding: [12, hasRight ? 0 : MARGIN, 0, 0],
        cursor: { sync: { key: TOGETHER }, y: false, drag: { x: true, y: false } },
        scales: {
          y: { range: (_, __, most) => [0, Math.max(1, most * 1.08)] },
          right: { range: (_, __, most) => [0, Math.max(1, (most ?? 0) * 1.08)] },
        },
        axes: [
          { ...axis, space: 70, size: 30, values: timeLabels },
          { ...axis, size: MARGIN, values: labels(units[0]) },
          right,
        ],
        series: [
          { label: "Time", value: (_, at) => (at === null ? "-" : dayAndClock(at * 1000)) },
          ...lines.map((line) => toSeries(line, colour(line.colour), units)),
        ],
        hooks: { draw: [(plot) => this.#drawMarks(plot, colour("act"), colour("soft"))] },
      },
      this.#data(),
      place,
    );
  };

  /** A line for each scaling, with the way it went. */
  #drawMarks(plot: uPlot, up: string, down: string): void {
    const { ctx, bbox } = plot;
    const size = 4 * devicePixelRatio;
    ctx.save();
    for (const { at, from, to } of this.props.marks) {
      const x = Math.round(plot.valToPos(at, "x", true));
      if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
      const [tip, foot] = to > from ? [bbox.top - 2 * size, bbox.top] : [bbox.top, bbox.top - 2 * size];
      ctx.fillStyle = to > from ? up : down;
      ctx.beginPath();
      ctx.moveTo(x, tip);
      ctx.lineTo(x - size, foot);
      ctx.lineTo(x + size, foot);
      ctx.fill();
      ctx.globalAlpha = 0.35;
      ctx.fillRect(x, bbox.top, Math.max(1, devicePixelRatio / 2), bbox.height);
      ctx.globalAlpha = 1;
    }
    ctx.restore();
  }

  override render({ title, at, lines }: ChartProps, { opened }: { opened: boolean }) {
    return (
      <section class="chart">
        <h2>{title}</h2>
        <div ref={this.#place} aria-hidden="true" />
        <details onToggle={({ currentTarget }) => this.setState({ opened: currentTarget.open })}>
          <summary>{title} as a table</summary>
          {opened && <Numbers title={title} at={at} lines={lines} />}
        </details>
      </section>
    );
  }
}

const A_DAY = 86_400;

function timeLabels(_: uPlot, times: readonly number[]): string[] {
  const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > A_DAY;
  return times.map((at) => (isLong ? dayAndClock(at * 1000).slice(5, -3) : clock(at * 1000).slice(0, 5)));
}

function toSeries(
  { name, right, dashed }: ChartLine,
  stroke: string,
  [left, other = short]: ChartProps["units"],
): uPlot.Series {
  return {
    label: name,
    stroke,
    width: 1.75,
    scale: right ? "right" : "y",
    ...(dashed ? { dash: [5, 4] } : {}),
    ...(uPlot.paths.stepped === undefined ? {} : { paths: uPlot.paths.stepped({ align: 1 }) }),
    points: { show: false },
    value: (_, value) => (value === null || value === undefined ? "-" : (right ? other : left)(value)),
  };
}

function Numbers({ title, at, lines }: Pick<ChartProps, "title" | "at" | "lines">) {
  const rows = at.map((time, index) => ({ time, values: lines.map(({ values }) => values[index] ?? null) }));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scrolls" tabIndex={0} aria-label={`${title}: numbers`}>
      <table class="numbers">
        <thead>
          <tr>
            {["Time", ...lines.map(({ name }) => name)].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows
            .toReversed()
            .slice(0, MOST_ROWS)
            .map(({ time, values }) => (
              <tr key={time}>
                <th scope="row">{dayAndClock(time * 1000)}</th>
                {values.map((value, index) => (
                  <td key={lines[index]?.name}>{value === null ? "-" : exact(value)}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
      {rows.length > MOST_ROWS && (
        <p class="soft">
          The newest {MOST_ROWS} of {rows.length}.
        </p>
      )}
    </section>
  );
}
