/** A number and its noun: "1 replica", "2 replicas". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Words in a row: "one", "one and two", "one, two and three". */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** A number of two digits that count: 0.051, 3.1, 1200. */
export function roughly(value: number): number {
  // Rules word numbers at every decision, and a number's way through its text takes most of that time.
  if (value >= 1 && value < 9.9) {
    const tenths = value * 10;
    const nearest = Math.round(tenths);
    // Close to the middle between two, the product's own rounding could decide.
    if (Math.abs(tenths - nearest) < 0.499) return nearest / 10;
  } else if (value >= 10 && value < 99) return Math.round(value);
  return Number(value.toPrecision(2));
}

/** A share of a whole: "0 %", "3.4 %", "100 %". */
export function percent(share: number): string {
  return `${roughly(share * 100)} %`;
}

/** A length of time as a person would say it, to two units: "3 s", "4 min 10 s", "2 h 5 min", "3 d 4 h". */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return two(seconds, 60, "min", 1, "s");
  if (seconds < 86_400) return two(seconds, 3_600, "h", 60, "min");
  return two(seconds, 86_400, "d", 3_600, "h");
}

function two(seconds: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % big) / small);
  return `${Math.floor(seconds / big)} ${bigUnit}${rest === 0 ? "" : ` ${rest} ${smallUnit}`}`;
}
