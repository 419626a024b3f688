import { roughly } from "../core/wording.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3_600, d: 86_400, w: 604_800 };

/** Seconds in "90s", "10m", "2h", "1.5d", "1w", "500ms" or a bare number; undefined for anything else. */
export function secondsIn(text: string): number | undefined {
  const [, number = "", unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|min|m|h|d|w)?$/.exec(text.trim()) ?? [];
  const seconds = Number(number) * (UNITS[unit] ?? Number.NaN);
  return number !== "" && Number.isFinite(seconds) ? seconds : undefined;
}

/** So many seconds as people say it: "0.42 s", "12 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function inWords(seconds: number): string {
  if (seconds === 0) return "0 s";
  if (seconds < 9.95) return `${roughly(seconds)} s`;
  if (seconds < 119.5) return `${Math.round(seconds)} s`;
  if (seconds < 3_570) return two(Math.round(seconds), 60, "min", "s");
  if (seconds < 2 * 86_400) return two(Math.round(seconds / 60), 60, "h", "min");
  return two(Math.round(seconds / 3_600), 24, "d", "h");
}

function two(amount: number, size: number, large: string, small: string): string {
  const rest = amount % size;
  return rest === 0
    ? `${Math.floor(amount / size)} ${large}`
    : `${Math.floor(amount / size)} ${large} ${rest} ${small}`;
}
