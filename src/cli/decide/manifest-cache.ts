import { describeProblem, isError } from "../../config/describe-problem.ts";
import { type Defaults, parseAutoscaler } from "../../config/formats.ts";
import type { Autoscaler } from "../../core/index.ts";
import { LineError, parseJson } from "./situation-from-line.ts";

/** Enough for the manifests of a large cluster; the oldest goes first. */
const CAPACITY = 10_000;

/** Manifests that came inline, parsed once for each text. */
export class ManifestCache {
  readonly #parsed = new Map<string, Autoscaler | LineError>();
  readonly #defaults: Defaults;

  constructor(defaults: Defaults) {
    this.#defaults = defaults;
  }

  /** The autoscaler of a manifest as JSON text; throws a LineError with all that is wrong with it. */
  get(manifest: string): Autoscaler {
    let known = this.#parsed.get(manifest);
    if (known === undefined) {
      known = this.#parse(manifest);
      for (const oldest of this.#parsed.keys()) {
        if (this.#parsed.size < CAPACITY) break;
        this.#parsed.delete(oldest);
      }
      this.#parsed.set(manifest, known);
    }
    if (known instanceof LineError) throw known;
    return known;
  }

  #parse(manifest: string): Autoscaler | LineError {
    try {
      const parsed = parseAutoscaler(parseJson(manifest), this.#defaults);
      if ("autoscaler" in parsed) return parsed.autoscaler;
      const errors = parsed.problems.filter(isError);
      return new LineError(errors.map((problem) => `autoscaler.${describeProblem(problem)}`).join("; "));
    } catch (error) {
      if (error instanceof LineError) return error;
      throw error;
    }
  }
}
