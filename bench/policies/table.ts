import type { Score } from "./contest.ts";
import { percent } from "./findings.ts";

const HEADS = [
  "policy",
  "wait p95",
  "p99",
  "over",
  "worker-h",
  "x oracle",
  "scalings",
  "reversals",
  "busy stopped",
  "setting chosen",
];

/** The scores of one traffic as a Markdown table. */
export function table(scores: readonly Score[]): string {
  const rows = scores.map((score) => [
    score.policy,
    `${score.p95} s`,
    `${score.p99} s`,
    percent(score.shareOver),
    String(score.workerHours),
    score.toOracle.toFixed(2),
    String(score.scalings),
    String(score.reversals),
    String(score.busyStopped),
    score.setting,
  ]);
  const widths = HEADS.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 || column === HEADS.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  return [line(HEADS), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}
