import type { Connection } from "./connection.ts";
import { numberField, wordField } from "./fields.ts";

/**
 * Gives a reserved job back at the priority it had, with no delay, and tells the tube it is in as soon as that is known:
 * the release is sent by then, its reply not awaited. Undefined where the job is no longer there.
 */
export async function returnJob(connection: Connection, id: string): Promise<string | undefined> {
  const reply = await connection.send(`stats-job ${id}`, ["OK", "NOT_FOUND"]);
  if (reply.words[0] === "NOT_FOUND") return undefined;
  const { tube, priority } = connection.understand(reply, (text) => ({
    tube: wordField(text, "tube"),
    priority: numberField(text, "pri"),
  }));
  // A failure closes the connection, which gives the job back as well and shows in whatever is asked next.
  release(connection, id, priority).catch(() => undefined);
  return tube;
}

async function release(connection: Connection, id: string, priority: number): Promise<void> {
  // NOT_FOUND: its time to run was over before we gave it back, so the server has done it.
  const reply = await connection.send(`release ${id} ${priority} 0`, ["RELEASED", "BURIED", "NOT_FOUND"]);
  // A server out of memory for its queue buries what it cannot put back.
  if (reply.words[0] === "BURIED") await connection.send(`kick-job ${id}`, ["KICKED", "NOT_FOUND"]);
}
