import type { Account, Incident, Origin } from "../../src/core/index.ts";
import type { Reporter } from "../../src/kubernetes/ports.ts";

/** Keeps what was reported, in order. */
export class MemoryReporter implements Reporter {
  readonly accounts = new Map<string, Account>();
  readonly incidents: (Incident & { readonly name: string })[] = [];
  readonly forgotten: string[] = [];
  reports = 0;
  flushed = 0;
  discarded = 0;

  report(origin: Origin, account: Account): void {
    this.reports += 1;
    this.accounts.set(origin.name, account);
  }

  tell(origin: Origin, incident: Incident): void {
    this.incidents.push({ name: origin.name, ...incident });
  }

  forget(origin: Origin): void {
    this.accounts.delete(origin.name);
    this.forgotten.push(origin.name);
  }

  discard(): void {
    this.discarded += 1;
  }

  async flush(): Promise<void> {
    this.flushed += 1;
  }

  /** "Ready=True ReadyForNewScale", for each condition. */
  conditions(name: string): readonly string[] {
    const conditions = this.accounts.get(name)?.conditions ?? [];
    return conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
  }

  reasons(name: string): readonly string[] {
    return this.incidents.filter((incident) => incident.name === name).map(({ reason }) => reason);
  }
}
