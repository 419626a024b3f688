import { Alike } from "../../core/index.ts";

/** Numbers and times. */
const VARYING = /(\d[\d.:TZ-]*)/;
const GAP = "\u0000";

const patterns = new Alike<string>();

/**
 * A text of which thousands differ in nothing but numbers and times, such as a status: the pattern around those is kept
 * once for all, which leaves a sixth of the text for each.
 */
export class PackedText {
  readonly #pattern: string;
  readonly #varying: string;

  constructor(text: string) {
    const parts = text.split(VARYING);
    this.#pattern = patterns.of(parts.filter((_, index) => index % 2 === 0).join(GAP));
    this.#varying = parts.filter((_, index) => index % 2 === 1).join(" ");
  }

  toString(): string {
    const varying = this.#varying.split(" ");
    return this.#pattern
      .split(GAP)
      .map((part, index) => part + (varying[index] ?? ""))
      .join("");
  }
}
