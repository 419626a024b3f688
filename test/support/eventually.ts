import { setTimeout as sleep } from "node:timers/promises";

/** Waits until a condition holds, 45 s at most: servers that share a busy machine take their time. */
export async function eventually(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const deadline = Date.now() + 45_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`expected within 45 s: ${what}`);
    await sleep(50);
  }
}
