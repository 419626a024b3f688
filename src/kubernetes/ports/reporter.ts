import type { Account, Incident, Origin } from "../../core/index.ts";

/** Where accounts go: an object's status and events. Never blocks and never throws: it writes when it can. */
export interface Reporter {
  /** The newest account wins; nothing is written where the status would not change. */
  report(origin: Origin, account: Account): void;
  /** Deduplicated: the same incident again raises the event's count at most. */
  tell(origin: Origin, incident: Incident): void;
  forget(origin: Origin): void;
  /** Drops what is pending: another process acts now. */
  discard(): void;
  /** Writes what is pending, within the signal's time: for SIGTERM. */
  flush(signal: AbortSignal): Promise<void>;
}
