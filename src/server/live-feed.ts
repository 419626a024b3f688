import type { ServerResponse } from "node:http";
import type { AutoscalerView } from "../controller/autoscaler-view.ts";
import type { Controller } from "../controller/controller.ts";
import type { Journal } from "../journal/journal.ts";
import { backlogOf, fleetRow } from "./fleet-row.ts";
import type { BacklogPoint, Fleet, FleetRow, Head } from "./live-wire.ts";

export interface LiveFeedOptions {
  readonly controller: Controller;
  readonly journal: Journal;
  /** How many polls of sources there have been. */
  readonly polls: () => number;
  readonly now: () => number;
  /** Default: 1 s. */
  readonly everyMilliseconds?: number;
  /** The most pages at once. Default: 32. */
  readonly mostClients?: number;
  /** A page that takes nothing for this time is cut off. Default: 10 s. */
  readonly patienceMilliseconds?: number;
}

/** Rows in one event: nothing more is written to a page until it has taken them. */
const ROWS_AN_EVENT = 100;
/** Deleted autoscalers that are remembered for pages that were away. */
const MOST_GONE = 1_000;
/** After the last page has left, what it had seen is kept for so long. */
const KEPT_MILLISECONDS = 300_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;

/** A row's newest change has the number `sequence`; without a row, the autoscaler was deleted. */
interface Entry {
  readonly sequence: number;
  readonly row: FleetRow | undefined;
  /** The row as JSON, for all pages. */
  readonly text: string;
  readonly account: AutoscalerView["account"];
  readonly workers: AutoscalerView["workers"];
}

interface Client {
  readonly response: ServerResponse;
  /** What it has: all changes up to this number. */
  sequence: number;
  /** Its rows have no history yet. */
  isNew: boolean;
  stuckSince: number | undefined;
}

/**
 * The live page's events. It looks at the autoscalers while a page is open, and costs nothing else. A page that comes back says
 * by Last-Event-ID what it has, and gets what changed since.
 */
export class LiveFeed {
  readonly #options: Required<LiveFeedOptions>;
  readonly #clients = new Set<Client>();
  /** By autoscaler, in the order of their newest changes. */
  readonly #entries = new Map<string, Entry>();
  /** Says of which process, and of which state of it, a number is. */
  #epoch = newEpoch();
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;
  #forgetting: NodeJS.Timeout | undefined;
  #polls: { readonly at: number; readonly count: number }[] = [];

  constructor(options: LiveFeedOptions) {
    this.#options = { everyMilliseconds: 1_000, mostClients: 32, patienceMilliseconds: 10_000, ...options };
  }

  /** Takes a page on; false: there are too many. */
  open(response: ServerResponse, lastEventId: string | undefined): boolean {
    if (this.#clients.size >= this.#options.mostClients) return false;
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    this.#survey();
    const [epoch, sequence] = (lastEventId ?? "").split(".");
    const had = epoch === this.#epoch ? Number(sequence) : Number.NaN;
    const isNew = !(had >= 0 && had <= this.#sequence);
    const client: Client = { response, sequence: isNew ? 0 : had, isNew, stuckSince: undefined };
    this.#clients.add(client);
    response.once("close", () => this.#left(client));
    response.on("drain", () => {
      client.stuckSince = undefined;
      this.#send(client);
    });
    clearTimeout(this.#forgetting);
    this.#timer ??= setInterval(() => this.#tick(), this.#options.everyMilliseconds);
    client.response.write(`retry: 1000\n${this.#head()}`);
    this.#send(client);
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#forgetting);
    for (const { response } of this.#clients) response.destroy();
  }

  #left(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#polls = [];
    this.#forgetting = setTimeout(() => this.#forget(), KEPT_MILLISECONDS).unref();
  }

  #forget(): void {
    this.#entries.clear();
    this.#epoch = newEpoch();
    this.#sequence = 0;
  }

  #tick(): void {
    this.#survey();
    const head = this.#head();
    const now = performance.now();
    for (const client of this.#clients) {
      if (client.stuckSince === undefined) {
        if (!client.response.write(head)) client.stuckSince = now;
        this.#send(client);
      } else if (now - client.stuckSince > this.#options.patienceMilliseconds) client.response.destroy();
    }
  }

  /** Gives each autoscaler that changed a new number. An account is made anew when something changed. */
  #survey(): void {
    const { controller, journal } = this.#options;
    const present = new Set<string>();
    for (const view of controller.views()) {
      present.add(view.id);
      const entry = this.#entries.get(view.id);
      if (entry !== undefined && entry.account === view.account && entry.workers === view.workers) continue;
      const row = fleetRow(view, journal.records(view.id));
      const text = JSON.stringify(row);
      const isSame = entry?.text === text;
      if (!isSame) this.#entries.delete(view.id);
      const sequence = isSame ? entry.sequence : this.#next();
      this.#entries.set(view.id, { sequence, row, text, account: view.account, workers: view.workers });
    }
    if (present.size < this.#entries.size) this.#noteGone(present);
  }

  #noteGone(present: ReadonlySet<string>): void {
    const gone = [...this.#entries].filter(([id]) => !present.has(id));
    for (const [id, { row }] of gone) {
      if (row === undefined) continue;
      this.#entries.delete(id);
      const nothing = { row: undefined, text: "", account: undefined, workers: undefined };
      this.#entries.set(id, { sequence: this.#next(), ...nothing });
    }
    if (gone.length <= MOST_GONE) return;
    // All pages begin again, so that the deleted ones can be forgotten.
    this.#forget();
    for (const client of this.#clients) Object.assign(client, { sequence: 0, isNew: true });
    this.#survey();
  }

  #next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** Writes what the page does not have, until it has all or has to be waited for. */
  #send(client: Client): void {
    const { response } = client;
    if (client.stuckSince !== undefined || response.destroyed) return;
    const news = [...this.#entries].filter(([, { sequence }]) => sequence > client.sequence);
    const isReset = client.isNew && client.sequence === 0;
    if (news.length === 0 && !isReset) return;
    const part = news.slice(0, ROWS_AN_EVENT);
    const more = news.length - part.length;
    const last = part.at(-1)?.[1].sequence ?? this.#sequence;
    const written = ({ row, text }: Entry) => (row !== undefined && client.isNew ? this.#withHistory(row) : text);
    const rows = part.flatMap(([, entry]) => (entry.row === undefined ? [] : written(entry)));
    const gone = part.flatMap(([id, { row }]) => (row === undefined ? id : []));
    const rest: Omit<Fleet, "rows"> = { ...(isReset ? { reset: true } : {}), gone, more };
    client.sequence = last;
    if (more === 0) client.isNew = false;
    const data = `{"rows":[${rows.join()}],${JSON.stringify(rest).slice(1)}`;
    if (!response.write(`event: fleet\nid: ${this.#epoch}.${last}\ndata: ${data}\n\n`)) {
      client.stuckSince = performance.now();
    } else if (more > 0) this.#send(client);
  }

  #head(): string {
    const { controller, now } = this.#options;
    let autoscalers = 0;
    for (const { row } of this.#entries.values()) if (row !== undefined) autoscalers += 1;
    const head: Head = {
      now: now(),
      leader: controller.isLeading,
      autoscalers,
      callsPerMinute: this.#callsPerMinute(),
    };
    return `event: head\ndata: ${JSON.stringify(head)}\n\n`;
  }

  #callsPerMinute(): number | undefined {
    const newest = { at: performance.now(), count: this.#options.polls() };
    const [oldest] = this.#polls;
    if (this.#polls.length === 0 || newest.at - (this.#polls.at(-1)?.at ?? 0) >= 900) this.#polls.push(newest);
    while ((this.#polls[1]?.at ?? Number.POSITIVE_INFINITY) <= newest.at - MINUTE) this.#polls.shift();
    if (oldest === undefined || newest.at - oldest.at < 5_000) return undefined;
    return Math.round(((newest.count - oldest.count) * MINUTE) / (newest.at - oldest.at));
  }

  /** From the journal, one point a minute. */
  #withHistory(row: FleetRow): string {
    const { journal, now } = this.#options;
    const until = now();
    const points: BacklogPoint[] = [];
    for (const { at, until: heldUntil, signals } of journal.records(row.id)) {
      if (heldUntil < until - HOUR) continue;
      const backlog = backlogOf(Object.values(signals).flatMap(({ reading }) => reading ?? []));
      if (backlog === undefined) continue;
      const last = points.at(-1);
      const point: BacklogPoint = [Math.max(at, until - HOUR), backlog];
      if (last !== undefined && point[0] - last[0] < MINUTE / 2) points[points.length - 1] = [last[0], backlog];
      else points.push(point);
    }
    return JSON.stringify({ ...row, history: points } satisfies FleetRow);
  }
}

/** Different in each process: of the time, in microseconds. */
function newEpoch(): string {
  return Math.round((performance.timeOrigin + performance.now()) * 1_000).toString(36);
}
