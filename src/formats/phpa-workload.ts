import type { Problem } from "../core/index.ts";

/** The blocks that may say what a PHPA file scales, and the kinds of apps/v1 that they stand for. */
export const PHPA_WORKLOADS = {
  deployment: "Deployment",
  replicaset: "ReplicaSet",
  statefulset: "StatefulSet",
} as const;

/** The name of such a block. */
export type PhpaWorkload = keyof typeof PHPA_WORKLOADS;

/** The blocks of this sort that a document has; a file that works has one. */
export function workloadsIn(document: unknown): readonly PhpaWorkload[] {
  const blocks = Object.entries((document ?? {}) as object).filter(
    ([, block]) => block !== undefined && block !== null,
  );
  const names = new Set(blocks.map(([name]) => name));
  return (Object.keys(PHPA_WORKLOADS) as PhpaWorkload[]).filter((name) => names.has(name));
}

/** What is wrong with the number of workloads in a document. */
export function workloadProblems(document: unknown): readonly Problem[] {
  const found = workloadsIn(document);
  const [first, second] = found;
  if (first === undefined) {
    return [{ path: "deployment", message: `expected one of ${Object.keys(PHPA_WORKLOADS).join(", ")}, got none` }];
  }
  if (second === undefined) return [];
  const message = `expected one workload in a file, got ${found.join(" and ")}`;
  return [{ path: second, message, remedy: "write a file for each" }];
}
