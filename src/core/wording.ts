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
  return Number(value.toPrecision(2));
}

/** A share of a whole: "0 %", "3.4 %", "100 %". */
export function percent(share: number): string {
  return `${roughly(share * 100)} %`;
}
