/** A map that forgets what was not asked for the longest time. */
export class BoundedMap<Value> {
  readonly #most: number;
  readonly #entries = new Map<string, Value>();
  readonly #onForget: (key: string, value: Value) => void;

  constructor(most: number, onForget: (key: string, value: Value) => void = () => undefined) {
    this.#most = most;
    this.#onForget = onForget;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#most) return;
    for (const [oldest, forgotten] of this.#entries) {
      this.#entries.delete(oldest);
      this.#onForget(oldest, forgotten);
      return;
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
