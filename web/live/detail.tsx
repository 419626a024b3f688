import { Component } from "preact";
import { printable } from "../../src/core/printable.ts";
import type { JournalEntry } from "../../src/journal/journal-entry.ts";
import { type Answers, askAbout } from "./answers.ts";
import { Aside } from "./aside.tsx";
import { Chart, type ChartLine } from "./chart.tsx";
import { Decisions } from "./decisions.tsx";
import { hasValues, historyOf } from "./history.ts";
import { Bounds, StateLabel } from "./pieces.tsx";
import { RuleStrip } from "./rule-strip.tsx";
import type { LiveRow, Store } from "./store.ts";
import { dayAndClock, duration, short } from "./words.ts";

interface DetailProps {
  readonly id: string;
  readonly store: Store;
}
interface DetailState {
  readonly answers?: Answers;
  readonly failure?: string;
  readonly range: number;
}

/** Asked again when the row changed, and every now and then since readings age. */
const CHANGED_MS = 2_000;
const UNCHANGED_MS = 15_000;
const POLL_MS = 500;
const RANGES = [
  ["15 min", 900],
  ["1 h", 3_600],
  ["6 h", 21_600],
  ["all", Number.POSITIVE_INFINITY],
] as const;

export class Detail extends Component<DetailProps, DetailState> {
  override state: DetailState = { range: 3_600 };
  readonly #ended = new AbortController();
  #timer = 0;
  #asked: { readonly row: LiveRow; readonly at: number } | undefined;
  #isAsking = false;

  override componentDidMount(): void {
    this.#timer = window.setInterval(() => void this.#ask(), POLL_MS);
    void this.#ask();
  }

  override componentWillUnmount(): void {
    clearInterval(this.#timer);
    this.#ended.abort();
  }

  async #ask(): Promise<void> {
    const row = this.props.store.get(this.props.id);
    if (row === undefined || this.#isAsking || document.hidden) return;
    const { row: before, at = Number.NEGATIVE_INFINITY } = this.#asked ?? {};
    if (performance.now() - at < (row === before ? UNCHANGED_MS : CHANGED_MS)) return;
    this.#isAsking = true;
    this.#asked = { row, at: performance.now() };
    try {
      this.setState({ answers: await askAbout(row.origin, this.#ended.signal), failure: "" });
    } catch (error) {
      if (!this.#ended.signal.aborted) this.setState({ failure: (error as Error).message });
    }
    this.#isAsking = false;
  }

  override render({ id, store }: DetailProps, { answers, failure, range }: DetailState) {
    const row = store.get(id);
    if (row === undefined) return <Unknown id={id} store={store} />;
    return (
      <>
        <nav aria-label="Breadcrumb">
          <a href="#/">All autoscalers</a>
        </nav>
        <div class="title">
          <h1 tabIndex={-1}>
            <span class="soft">{row.namespace}/</span>
            {row.name}
          </h1>
          <StateLabel state={row.state} />
        </div>
        <p class="why-now">
          {row.why}
          {row.since !== undefined && <span class="soft"> Since {dayAndClock(row.since)}.</span>}
        </p>
        <Facts row={row} />
        {failure && (
          <p class="bad" role="alert">
            Could not ask the controller: {failure}
          </p>
        )}
        {answers === undefined ? (
          <p class="empty">Waiting for the controller...</p>
        ) : (
          <div class="detail">
            <div class="charts">
              <fieldset class="ranges">
                <legend class="hidden">Time shown</legend>
                {RANGES.map(([name, seconds]) => (
                  <button
                    key={name}
                    type="button"
                    aria-pressed={range === seconds}
                    onClick={() => this.setState({ range: seconds })}
                  >
                    {name}
                  </button>
                ))}
              </fieldset>
              <Charts
                entries={within(answers.entries, range, Date.parse(answers.about.now))}
                row={row}
                until={Date.parse(answers.about.now)}
                range={range}
              />
              <Decisions entries={answers.entries} />
            </div>
            <Aside answers={answers} now={store.now} />
          </div>
        )}
      </>
    );
  }
}

/** Those that hold at some time of it; the first from its beginning. */
function within(entries: readonly JournalEntry[], seconds: number, now: number): readonly JournalEntry[] {
  const from = now - seconds * 1000;
  const first = entries.findLastIndex(({ at }) => Date.parse(at) <= from);
  if (first < 0) return entries;
  return entries
    .slice(first)
    .map((entry, index) => (index === 0 ? { ...entry, at: new Date(from).toISOString() } : entry));
}

function Unknown({ id, store }: DetailProps) {
  return (
    <>
      <nav aria-label="Breadcrumb">
        <a href="#/">All autoscalers</a>
      </nav>
      <h1 tabIndex={-1}>{printable(id)}</h1>
      <p class="empty">
        {store.head === undefined ? "Waiting for the controller..." : "There is no such autoscaler, or it was deleted."}
      </p>
    </>
  );
}

function Facts({ row }: { row: LiveRow }) {
  const { kind, target, min, max, available, busy, workers } = row;
  const facts: readonly (readonly [string, string])[] = [
    ["Format", kind],
    ["Scales", target],
    ["Bounds", min === undefined || max === undefined ? "-" : `${min} to ${max}`],
    ["Ready", available === undefined ? "-" : String(available)],
    [
      "Busy",
      busy === undefined || workers === undefined ? "not asked" : `${busy} of ${workers}, ${workers - busy} idle`,
    ],
  ];
  return (
    <dl class="facts">
      <div class="replicas">
        <dt>Replicas</dt>
        <dd>
          <Bounds row={row} />
        </dd>
      </div>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ChartsProps {
  readonly entries: readonly JournalEntry[];
  readonly row: LiveRow;
  readonly until: number;
  readonly range: number;
}

class Charts extends Component<ChartsProps> {
  override shouldComponentUpdate({ until, range }: ChartsProps): boolean {
    return until !== this.props.until || range !== this.props.range;
  }

  override render({ entries, row: { objectiveSeconds }, until }: ChartsProps) {
    if (entries.length === 0) return <p class="empty">Nothing was decided yet.</p>;
    const history = historyOf(entries, until);
    const marks = entries.flatMap(({ scaled }) => (scaled ? { ...scaled, at: Date.parse(scaled.at) / 1000 } : []));
    const waits: readonly ChartLine[] = [
      { name: "Oldest wait", values: history.oldest, colour: "warn", right: true },
      ...(objectiveSeconds === undefined
        ? []
        : [
            {
              name: "Objective",
              values: history.at.map(() => objectiveSeconds),
              colour: "bad",
              right: true,
              dashed: true,
            },
          ]),
    ];
    const work = [
      { name: "Backlog", values: history.backlog, colour: "act" },
      ...(hasValues(history.oldest) ? waits : []),
    ];
    const replicas = [
      { name: "Desired", values: history.desired, colour: "act" },
      { name: "Current", values: history.current, colour: "good" },
      ...(hasValues(history.busy) ? [{ name: "Busy", values: history.busy, colour: "warn" }] : []),
      { name: "Max", values: history.max, colour: "soft", dashed: true },
      { name: "Min", values: history.min, colour: "soft", dashed: true },
    ];
    return (
      <>
        <Chart
          title={work.length > 1 ? "Backlog and oldest wait" : "Backlog"}
          at={history.at}
          lines={work}
          marks={marks}
          units={[short, duration]}
        />
        <Chart title="Replicas" at={history.at} lines={replicas} marks={marks} units={[short]} />
        <RuleStrip entries={entries} until={until} />
      </>
    );
  }
}
