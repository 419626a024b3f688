const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** By upper limit in seconds, the two units shown: the finer one only where it says something. */
const STEPS: readonly (readonly [below: number, unit: number, letter: string, finer: number, finerLetter: string])[] = [
  [2 * MINUTE, 1, "s", 0, ""],
  [10 * MINUTE, MINUTE, "m", 1, "s"],
  [3 * HOUR, MINUTE, "m", 0, ""],
  [8 * HOUR, HOUR, "h", MINUTE, "m"],
  [2 * DAY, HOUR, "h", 0, ""],
  [8 * DAY, DAY, "d", HOUR, "h"],
  [2 * YEAR, DAY, "d", 0, ""],
  [8 * YEAR, YEAR, "y", DAY, "d"],
  [Number.POSITIVE_INFINITY, YEAR, "y", 0, ""],
];

/** A duration as Kubernetes prints ages: 45s, 3m20s, 5h, 12d. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  const step = STEPS.find(([below]) => seconds < below);
  if (step === undefined) return `${seconds}s`;
  const [, unit, letter, finer, finerLetter] = step;
  const rest = finer === 0 ? 0 : Math.floor((seconds % unit) / finer);
  return `${Math.floor(seconds / unit)}${letter}${rest === 0 ? "" : `${rest}${finerLetter}`}`;
}
