import { setTimeout as sleep } from "node:timers/promises";

/** Waits until a condition holds, 20 s at most. */
export async function eventually(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`expected within 20 s: ${what}`);
    await sleep(50);
  }
}
