import type { Account, Alike, Condition, decide, Memory, Origin } from "../core/index.ts";
import type { Reporter } from "../kubernetes/ports.ts";
import { type Accounting, accountOf } from "./account-of.ts";
import type { Clock } from "./clock.ts";
import { incidentsBetween } from "./incidents.ts";
import type { Log } from "./log.ts";
import { saysTheSame } from "./says-the-same.ts";
import type { Standing } from "./standing.ts";
import { wouldChange } from "./would-change.ts";

/** A status that only says "not known yet" is worth writing when it lasts this long. */
const GRACE_MILLISECONDS = 5_000;

const FALLBACK_IN_FORCE: Condition = {
  type: "FallbackActive",
  status: "True",
  reason: "FallbackInForce",
  message: "",
};

/** What it speaks by, and the conditions that others have too. */
export interface AnnouncerPorts {
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly log: Log;
  readonly ask: typeof decide;
  readonly conditions: Alike<readonly Condition[]>;
}

/** Speaks for one autoscaler: account, events and log lines, each only when there is something new to say. */
export class Announcer {
  readonly #id: string;
  readonly #ports: AnnouncerPorts;
  #account: Account | undefined;
  #reported: Account | undefined;
  /** Conditions that an earlier process has told of. */
  #inherited: readonly Condition[] = [];
  #begun = 0;

  constructor(id: string, ports: AnnouncerPorts) {
    this.#id = id;
    this.#ports = ports;
  }

  /** The newest account, whether or not it was worth reporting. */
  get account(): Account | undefined {
    return this.#account;
  }

  /** This process speaks from now on; what it last said may have been said differently since. */
  begin({ fallbackSince }: Memory): void {
    this.#begun = this.#ports.clock.monotonic();
    this.#reported = undefined;
    this.#inherited = fallbackSince === undefined ? [] : [FALLBACK_IN_FORCE];
  }

  /** Another process speaks from now on: what this one knew is no longer so. */
  end(): void {
    this.#account = undefined;
  }

  /** Says how things stand. Returns the milliseconds after which to call again where it is too early to tell. */
  say(origin: Origin, standing: Standing, made: Accounting): number | undefined {
    const account = accountOf(standing, made, this.#ports.conditions);
    this.#account = account;
    const patience = this.#begun + GRACE_MILLISECONDS - this.#ports.clock.monotonic();
    if (patience > 0 && account.conditions.some(({ status }) => status === "Unknown")) return patience;
    const before = this.#reported;
    // Of two that say the same only the newer one is kept.
    this.#reported = account;
    if (before !== undefined && saysTheSame(before, account)) return undefined;
    const changes = wouldChange(standing, made, this.#ports.ask);
    this.#ports.reporter.report(origin, changes === undefined ? account : { ...account, wouldChange: changes });
    this.#tell(origin, standing, before, account);
    return undefined;
  }

  #tell(origin: Origin, { autoscaler, workload }: Standing, before: Account | undefined, now: Account): void {
    const { reporter, log } = this.#ports;
    const isThere = autoscaler !== undefined && workload.state === "present";
    const object = isThere ? { ...autoscaler.target, uid: workload.uid } : undefined;
    for (const incident of incidentsBetween(before?.conditions ?? this.#inherited, now.conditions)) {
      reporter.tell(origin, incident, object);
      const fields = { id: this.#id, reason: incident.reason, detail: incident.message };
      if (incident.type === "Warning") log.warn("Found something wrong", fields);
      else log.info("Found it mended", fields);
    }
  }
}
