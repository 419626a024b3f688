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
  // Within these no digit is lost by arithmetic, and it takes a tenth of the time of the general way.
  if (value >= 10 && value < 1e15) {
    let unit = 1;
    while (value / unit >= 99.5) unit *= 10;
    return Math.round(value / unit) * unit;
  }
  if (value >= 1 && value < 9.95) return Math.round(value * 10) / 10;
  if (value >= 0.1 && value < 0.995) return Math.round(value * 100) / 100;
  if (value >= 0.01 && value < 0.0995) return Math.round(value * 1_000) / 1_000;
  return Number(value.toPrecision(2));
}

/** A share of a whole: "0 %", "3.4 %", "100 %". */
export function percent(share: number): string {
  return `${roughly(share * 100)} %`;
}
