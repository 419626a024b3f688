import type { FlowPoint } from "./drain-memory.ts";

/**
 * How long the oldest waiting message has waited, in seconds, where messages are taken in their order: the last so many
 * that arrived are those that wait. No more than the flow looks back.
 */
export function oldestAge(flow: readonly FlowPoint[], waiting: number): number | undefined {
  const newest = flow.at(-1);
  const first = flow[0];
  if (newest === undefined || first === undefined) return undefined;
  if (waiting <= 0) return 0;
  const before = newest.arrived - waiting;
  const index = flow.findLastIndex(({ arrived }) => arrived <= before);
  const from = flow[index];
  if (from === undefined) return (newest.at - first.at) / 1000;
  const to = flow[index + 1] ?? newest;
  const share = to.arrived > from.arrived ? (before - from.arrived) / (to.arrived - from.arrived) : 1;
  return (newest.at - from.at - share * (to.at - from.at)) / 1000;
}
