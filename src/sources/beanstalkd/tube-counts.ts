import type { Connection } from "./connection.ts";
import { numberField } from "./fields.ts";

/** What beanstalkd counts of a tube. */
export interface TubeCounts {
  readonly ready: number;
  readonly reserved: number;
  /** Connections that block on the tube, one of ours perhaps among them. */
  readonly waiting: number;
  /** Since the tube came to be: jobs that were put into it, and that were deleted. */
  readonly put: number;
  readonly deleted: number;
}

/** A tube exists while it holds a job or somebody uses or watches it: one that does not is an empty one. */
const NO_TUBE: TubeCounts = { ready: 0, reserved: 0, waiting: 0, put: 0, deleted: 0 };

/** Asks for one tube's counts; any number may be asked for at once. */
export async function lookAtTube(connection: Connection, tube: string): Promise<TubeCounts> {
  const reply = await connection.send(`stats-tube ${tube}`, ["OK", "NOT_FOUND"]);
  if (reply.words[0] === "NOT_FOUND") return NO_TUBE;
  return connection.understand(reply, (text) => ({
    ready: numberField(text, "current-jobs-ready"),
    reserved: numberField(text, "current-jobs-reserved"),
    waiting: numberField(text, "current-waiting"),
    put: numberField(text, "total-jobs"),
    deleted: numberField(text, "cmd-delete"),
  }));
}
