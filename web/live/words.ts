/** "42 s", "3 min", "2 h 5 min", "3 d". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
  return `${Math.round(minutes / 1_440)} d`;
}

export function ago(at: number, now: number): string {
  return now - at < 2_000 ? "just now" : `${duration((now - at) / 1000)} ago`;
}

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, notation: "compact" });

export function exact(value: number): string {
  return NUMBER.format(value);
}

export function short(value: number): string {
  return Math.abs(value) < 10_000 ? NUMBER.format(value) : SHORT.format(value);
}

/** In this browser's time zone. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

export function dayAndClock(at: number): string {
  return `${new Date(at).toLocaleDateString("en-CA")} ${clock(at)}`;
}

export function counted(count: number, noun: string): string {
  return `${exact(count)} ${noun}${count === 1 ? "" : "s"}`;
}
