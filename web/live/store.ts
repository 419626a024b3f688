import { printableDeep } from "../../src/core/printable.ts";
import { type BacklogPoint, FLEET_STATES, type Fleet, type FleetRow, type Head } from "../../src/server/live-wire.ts";

/** A row in a form that can be shown, with its last hour, which this page keeps up by itself. */
export type LiveRow = FleetRow & {
  readonly history: readonly BacklogPoint[];
  /** What the API knows it by. */
  readonly origin: Pick<FleetRow, "kind" | "namespace" | "name">;
};

export type Connection = "connecting" | "live" | "reconnecting" | "refused";

const HOUR = 3_600_000;
const BETWEEN_POINTS = 30_000;
const RETRY_MS = 5_000;

/** What the controller has told so far, brought up to date by its events. */
export class Store {
  head: Head | undefined;
  connection: Connection = "connecting";
  /** Why the controller refuses, in its words. */
  refusal = "";
  /** How far this machine's clock is behind the controller's. */
  #ahead = 0;
  readonly #rows = new Map<string, LiveRow>();
  readonly #changed: () => void;
  #sorted: readonly LiveRow[] | undefined;
  #frame = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
    this.#connect();
  }

  /** The controller's time. */
  get now(): number {
    return Date.now() + this.#ahead;
  }

  get(id: string): LiveRow | undefined {
    return this.#rows.get(id);
  }

  /** Those in trouble first. */
  get rows(): readonly LiveRow[] {
    this.#sorted ??= [...this.#rows.values()].sort(
      (one, other) =>
        FLEET_STATES.indexOf(one.state) - FLEET_STATES.indexOf(other.state) || (one.id < other.id ? -1 : 1),
    );
    return this.#sorted;
  }

  #connect(): void {
    const source = new EventSource("api/v1/live");
    source.addEventListener("open", () => this.#becomes("live"));
    source.addEventListener("error", () => {
      this.#becomes("reconnecting");
      if (source.readyState !== EventSource.CLOSED) return;
      // The browser itself goes on only after a lost connection, not after an answer that is none.
      void this.#askWhy();
      setTimeout(() => this.#connect(), RETRY_MS);
    });
    source.addEventListener("head", ({ data }) => {
      this.head = JSON.parse(data) as Head;
      this.#ahead = this.head.now - Date.now();
      this.#draw();
    });
    source.addEventListener("fleet", ({ data }) => this.#take(JSON.parse(data) as Fleet));
  }

  async #askWhy(): Promise<void> {
    try {
      const answer = await fetch("status?format=json", { method: "GET", signal: AbortSignal.timeout(RETRY_MS) });
      if (answer.ok) return void (await answer.body?.cancel());
      this.refusal = ((await answer.json()) as { message?: string }).message ?? `it answers ${answer.status}`;
      this.#becomes("refused");
    } catch {
      // It cannot be reached: "reconnecting" says so.
    }
  }

  #take({ reset, rows, gone }: Fleet): void {
    if (reset) this.#rows.clear();
    for (const row of rows) {
      const { id, kind, namespace, name } = row;
      const shown = { ...printableDeep(row), id };
      this.#rows.set(id, { ...shown, history: this.#historyOf(row), origin: { kind, namespace, name } });
    }
    for (const id of gone) this.#rows.delete(id);
    this.#sorted = undefined;
    this.#draw();
  }

  #historyOf(row: FleetRow): readonly BacklogPoint[] {
    const history = row.history ?? this.#rows.get(row.id)?.history ?? [];
    const { backlog } = row;
    if (backlog === undefined) return history;
    const { now } = this;
    const [before, last] = history.slice(-2);
    const kept = last && before && last[0] - before[0] < BETWEEN_POINTS ? history.slice(0, -1) : history;
    // What was read before the hour holds at its beginning.
    const first = Math.max(
      0,
      kept.findLastIndex(([at]) => at <= now - HOUR),
    );
    return [...kept.slice(first), [now, backlog]];
  }

  #becomes(connection: Connection): void {
    this.connection = connection;
    this.#draw();
  }

  #draw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#changed();
    });
  }
}
