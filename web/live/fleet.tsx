// biome-ignore-all lint/a11y/noRedundantRoles: a table that is laid out as cards, on a phone, loses its roles unless they are written.
import { Component } from "preact";
import { FLEET_STATES } from "../../src/server/live-wire.ts";
import { Bounds, Sparkline, StateLabel } from "./pieces.tsx";
import type { LiveRow, Store } from "./store.ts";
import { ago, dayAndClock, duration, exact, short } from "./words.ts";

const ROWS_AT_ONCE = 100;

interface Filter {
  readonly name: string;
  readonly namespace: string;
  readonly state: string;
  readonly source: string;
}
const EVERYTHING: Filter = { name: "", namespace: "", state: "", source: "" };

/** Kept while the page of one autoscaler is shown. */
let filter = EVERYTHING;

export class Fleet extends Component<{ store: Store }, { shown: number }> {
  override state = { shown: ROWS_AT_ONCE };

  override render({ store }: { store: Store }, { shown }: { shown: number }) {
    const { rows, head } = store;
    const found = rows.filter(isWanted);
    const set = (part: Partial<Filter>) => {
      filter = { ...filter, ...part };
      this.setState({ shown: ROWS_AT_ONCE });
    };
    const now = Math.floor(store.now / 5_000) * 5_000;
    return (
      <>
        <h1 tabIndex={-1}>Autoscalers</h1>
        <search>
          <form class="filters" onSubmit={(event) => event.preventDefault()}>
            <label>
              Name
              <input
                type="search"
                value={filter.name}
                placeholder="part of a name"
                onInput={({ currentTarget }) => set({ name: currentTarget.value })}
              />
            </label>
            <Choice
              name="Namespace"
              value={filter.namespace}
              all={rows.map(({ namespace }) => namespace)}
              set={(namespace) => set({ namespace })}
            />
            <Choice
              name="State"
              value={filter.state}
              all={rows.map(({ state }) => state)}
              set={(state) => set({ state })}
            />
            <Choice
              name="Source"
              value={filter.source}
              all={rows.flatMap(({ sources }) => sources)}
              set={(source) => set({ source })}
            />
            <output>{found.length === rows.length ? "" : `${exact(found.length)} of ${exact(rows.length)}`}</output>
          </form>
        </search>
        {found.length > 0 ? (
          <Table rows={found.slice(0, shown)} count={found.length} now={now} />
        ) : (
          <Empty store={store} isKnown={head !== undefined} />
        )}
        {found.length > shown && (
          <button type="button" onClick={() => this.setState({ shown: shown + 2 * ROWS_AT_ONCE })}>
            Show more ({exact(found.length - shown)} left)
          </button>
        )}
      </>
    );
  }
}

function isWanted({ namespace, name, state, sources }: LiveRow): boolean {
  return (
    (filter.namespace === "" || namespace === filter.namespace) &&
    (filter.state === "" || state === filter.state) &&
    (filter.source === "" || sources.includes(filter.source)) &&
    `${namespace}/${name}`.toLowerCase().includes(filter.name.trim().toLowerCase())
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly all: readonly string[];
  readonly set: (value: string) => void;
}

function Choice({ name, value, all, set }: ChoiceProps) {
  const order = (one: string) => (FLEET_STATES as readonly string[]).indexOf(one);
  const options = [...new Set(value === "" ? all : [...all, value])].sort(
    (one, other) => order(one) - order(other) || (one < other ? -1 : 1),
  );
  return (
    <label>
      {name}
      <select value={value} onChange={({ currentTarget }) => set(currentTarget.value)}>
        <option value="">all</option>
        {options.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}

function Empty({ store, isKnown }: { store: Store; isKnown: boolean }) {
  if (store.connection === "refused") return <p class="empty bad">The controller refuses: {store.refusal}</p>;
  if (!isKnown) return <p class="empty">Waiting for the controller...</p>;
  if (store.rows.length > 0) return <p class="empty">No autoscaler matches.</p>;
  return <p class="empty">There is no autoscaler yet. Apply a WorkerAutoscaler, and it appears here.</p>;
}

const COLUMNS = [
  "State",
  "Autoscaler",
  "Replicas",
  "Backlog, 1 h",
  "Oldest wait",
  "Empty in",
  "Busy",
  "Why, and the last change",
];

function Table({ rows, count, now }: { rows: readonly LiveRow[]; count: number; now: number }) {
  return (
    <table class="fleet" role="table" aria-rowcount={count + 1}>
      <caption class="hidden">Autoscalers, those in trouble first</caption>
      <thead role="rowgroup">
        <tr role="row">
          {COLUMNS.map((name) => (
            <th key={name} scope="col" role="columnheader">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <Row key={row.id} row={row} now={now} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly row: LiveRow;
  readonly now: number;
}

/** Drawn again only when it changed. */
class Row extends Component<RowProps> {
  override shouldComponentUpdate({ row, now }: RowProps): boolean {
    return row !== this.props.row || now !== this.props.now;
  }

  override render({ row, now }: RowProps) {
    const { objectiveSeconds, oldestSeconds, lastScaling, busy, workers } = row;
    const isLate = oldestSeconds !== undefined && objectiveSeconds !== undefined && oldestSeconds > objectiveSeconds;
    return (
      <tr role="row">
        <td role="cell" class="state">
          <StateLabel state={row.state} />
          {row.since !== undefined && <span class="soft since">for {duration((now - row.since) / 1000)}</span>}
        </td>
        <th role="rowheader" scope="row" class="name">
          <a href={`#/${encodeURIComponent(row.id)}`} title={`${row.kind} for ${row.target}`}>
            <span class="soft">{row.namespace}/</span>
            {row.name}
          </a>
        </th>
        <td role="cell" class="replicas">
          <Bounds row={row} />
        </td>
        <td role="cell" class="backlog">
          <Sparkline history={row.history} now={now} />
          <span>{row.backlog === undefined ? "-" : short(row.backlog)}</span>
        </td>
        <td role="cell" class={`wait ${isLate ? "bad" : ""}`}>
          {oldestSeconds === undefined ? "-" : duration(oldestSeconds)}
          {objectiveSeconds !== undefined && <span class="soft"> of {duration(objectiveSeconds)}</span>}
        </td>
        <td role="cell" class="empties">
          {emptyIn(row)}
        </td>
        <td role="cell" class="busy">
          {busy === undefined || workers === undefined ? "-" : `${busy} of ${workers}`}
        </td>
        <td role="cell" class="last">
          <span class="why" title={row.why}>
            {row.why}
          </span>
          {lastScaling && (
            <span class="soft why" title={`${dayAndClock(lastScaling.at)}: ${lastScaling.reason}`}>
              {ago(lastScaling.at, now)}: {lastScaling.from} → {lastScaling.to}, {lastScaling.reason}
            </span>
          )}
        </td>
      </tr>
    );
  }
}

const TREND_MS = 300_000;

/** As the backlog has moved in the last minutes. */
function emptyIn({ history, backlog, state }: LiveRow): string {
  if (state === "unreadable" || state === "fallback") return "-";
  const last = history.at(-1);
  if (backlog === undefined || last === undefined) return "-";
  if (backlog === 0) return "empty";
  const first = history.findLast(([at]) => at <= last[0] - TREND_MS) ?? history[0];
  if (first === undefined || last[0] - first[0] < 10_000) return "-";
  const change = ((backlog - first[1]) * 1000) / (last[0] - first[0]);
  if (change < 0) return `~${duration(backlog / -change)}`;
  return change === 0 ? "no change" : "grows";
}
