import type { Connection } from "./connection.ts";
import { listItems } from "./fields.ts";
import { lookAtTube } from "./tube-counts.ts";

/** Other questions on the same connection wait for so many answers at most: some 1 ms, 5 ms on a server with 10,000 tubes. */
const TUBES_AT_ONCE = 50;
/** From so many on it pays to ask first which of them exist: an idle tube often does not. */
const WORTH_A_LIST = 10;

/** Looks at each of the tubes once and tells of those with work as soon as it is seen. */
export async function sweep(
  connection: Connection,
  tubes: readonly string[],
  ready: (tube: string) => void,
): Promise<void> {
  const left = (await thoseThatExist(connection, tubes)).values();
  const walk = async () => {
    for (const tube of left) {
      const counts = await lookAtTube(connection, tube);
      if (counts.ready > 0) ready(tube);
    }
  };
  await Promise.all(Array.from({ length: TUBES_AT_ONCE }, walk));
}

async function thoseThatExist(connection: Connection, tubes: readonly string[]): Promise<readonly string[]> {
  if (tubes.length < WORTH_A_LIST) return tubes;
  const reply = await connection.send("list-tubes", ["OK"]);
  const names = new Set(listItems(reply.body));
  return tubes.filter((tube) => names.has(tube));
}
