/** What thousands share is met again long before so many others were. */
const MOST_REMEMBERED = 512;

/**
 * Of equal values, the one that was seen first: what thousands of idle objects say alike is kept in memory once. For
 * values of plain JSON that nobody changes.
 */
export class Alike<Value> {
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
