import type { Connection } from "./connection.ts";
import { numberField } from "./fields.ts";

/** What beanstalkd counts over all its tubes. */
export interface JobCounts {
  readonly ready: number;
  /** Differs from an earlier one if any job may have become ready since: put, released, kicked, timed out, its delay over. */
  readonly fingerprint: string;
}

/** The counters that a job cannot become ready without moving. */
const MOVING_FIELD = /^(?:current-jobs-|cmd-(?:put|reserve|release|kick)|job-timeouts).*$/gm;

/** Asks for the server's own counters. */
export async function lookAtJobs(connection: Connection): Promise<JobCounts> {
  const reply = await connection.send("stats", ["OK"]);
  return connection.understand(reply, (text) => ({
    ready: numberField(text, "current-jobs-ready"),
    fingerprint: text.match(MOVING_FIELD)?.join("\n") ?? "",
  }));
}
