/** Values that thousands of objects share recur long before this number of others was seen. */
const MOST_REMEMBERED = 512;

/** Keeps equal values in memory once: of plain JSON that is never changed, returns the value that was seen first. */
export class InternPool<Value> {
  readonly #seen = new Map<string, Value>();

  of(value: Value): Value {
    const text = JSON.stringify(value);
    const seen = this.#seen.get(text);
    if (seen !== undefined) return seen;
    if (this.#seen.size >= MOST_REMEMBERED) this.#seen.clear();
    this.#seen.set(text, value);
    return value;
  }
}
