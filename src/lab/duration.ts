import { roughly } from "../core/wording.ts";

/** Formats seconds for people: "0.42 s", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function formatDuration(seconds: number): string {
  if (seconds === 0) return "0 s";
  if (seconds < 9.95) return `${roughly(seconds)} s`;
  if (seconds < 119.5) return `${Math.round(seconds)} s`;
  if (seconds < 3_570) return formatPair(Math.round(seconds), 60, "min", "s");
  if (seconds < 2 * 86_400) return formatPair(Math.round(seconds / 60), 60, "h", "min");
  return formatPair(Math.round(seconds / 3_600), 24, "d", "h");
}

function formatPair(amount: number, size: number, large: string, small: string): string {
  const rest = amount % size;
  return rest === 0
    ? `${Math.floor(amount / size)} ${large}`
    : `${Math.floor(amount / size)} ${large} ${rest} ${small}`;
}
