/** One request that the server received. */
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
