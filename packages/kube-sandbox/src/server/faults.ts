/** What happens to a request instead of a normal answer. */
export type FaultResponse =
  /** An answer with this status: 409, 429 (with Retry-After), 500, 503, or any other. */
  | { readonly status: number; readonly retryAfterSeconds?: number }
  /** No answer until the client disconnects. */
  | "hang"
  /** The server cuts the connection and does nothing. */
  | "cut"
  /** The server performs the request and cuts the connection before it answers. */
  | "cut-after"
  /** The server performs the request later. */
  | { readonly delayMs: number }
  /** 200 with a body that is not JSON. */
  | "garbage";

/** The requests that a fault affects; an absent field matches every request. */
interface FaultMatch {
  readonly verb?: string | readonly string[];
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface Fault {
  readonly match?: FaultMatch | ((request: AuditEntry) => boolean);
  readonly respond: FaultResponse;
  /** How many requests it affects; all by default. */
  readonly times?: number;
}

/** The faults that tests add to a sandbox: the first that matches a request applies. */
export class Faults {
  readonly #active = new Set<{ readonly fault: Fault; hits: number }>();

  /** `hits` is the number of requests that the fault has affected. */
  add(fault: Fault): { readonly hits: number; remove(): void } {
    const active = { fault, hits: 0, remove: () => void this.#active.delete(active) };
    this.#active.add(active);
    return active;
  }

  clear(): void {
    this.#active.clear();
  }

  /** The response to a request; undefined if no fault matches. */
  next(request: AuditEntry): FaultResponse | undefined {
    for (const active of this.#active) {
      if (!fits(active.fault.match ?? {}, request)) continue;
      active.hits += 1;
      if (active.hits >= (active.fault.times ?? Number.POSITIVE_INFINITY)) this.#active.delete(active);
      return active.fault.respond;
    }
    return undefined;
  }
}

function fits(match: NonNullable<Fault["match"]>, request: AuditEntry): boolean {
  if (typeof match === "function") return match(request);
  const { verb, ...others } = match;
  const verbs = typeof verb === "string" ? [verb] : verb;
  if (verbs !== undefined && !verbs.includes(request.verb)) return false;
  return Object.entries(others).every(([field, value]) => request[field as keyof AuditEntry] === value);
}

export interface AuditEntry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly verb: string;
  /** `deployments.apps`, or the path if it names no resource. */
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly userAgent: string;
}

const WRITES: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "deletecollection"]);

/** Counts requests by verb and resource, and keeps the newest. It includes requests that met a fault. */
export class RequestAudit {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();
  #entries: AuditEntry[] = [];

  constructor(limit = 10_000) {
    this.#limit = limit;
  }

  add(entry: AuditEntry): void {
    const part = entry.subresource === undefined ? "" : `/${entry.subresource}`;
    const key = `${entry.verb} ${entry.resource}${part}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#entries.push(entry);
    if (this.#entries.length >= this.#limit * 2) this.#entries = this.#entries.slice(-this.#limit);
  }

  /** By `verb resource`, for example `patch deployments.apps/scale`. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** The newest requests, oldest first. */
  entries(): readonly AuditEntry[] {
    return this.#entries.slice(-this.#limit);
  }

  /** The number of write requests. A filter sees only the newest requests, which the audit keeps. */
  writes(filter?: (entry: AuditEntry) => boolean): number {
    if (filter !== undefined) return this.#entries.filter((entry) => WRITES.has(entry.verb) && filter(entry)).length;
    const written = [...this.#counts].filter(([key]) => WRITES.has(key.slice(0, key.indexOf(" "))));
    return written.reduce((sum, [, count]) => sum + count, 0);
  }

  reset(): void {
    this.#counts.clear();
    this.#entries = [];
  }
}
