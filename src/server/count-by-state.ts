import type { Held } from "../controller/held.ts";

interface Count {
  readonly labels: { readonly kind: string; readonly state: string };
  value: number;
}

/** How many autoscalers of each format there are, by the reason of their condition Ready. */
export function countByState(all: Iterable<Held>): Count[] {
  const counts = new Map<string, Count>();
  for (const { origin, account } of all) {
    const state = account?.conditions.find(({ type }) => type === "Ready")?.reason ?? "Pending";
    const key = `${origin.kind} ${state}`;
    const count = counts.get(key) ?? { labels: { kind: origin.kind, state }, value: 0 };
    count.value += 1;
    counts.set(key, count);
  }
  return [...counts.values()];
}
