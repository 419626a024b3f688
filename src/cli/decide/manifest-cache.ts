import { describeProblem, isError } from "../../config/describe-problem.ts";
import { type Defaults, parseAutoscaler } from "../../config/formats.ts";
import type { Autoscaler } from "../../core/index.ts";
import { LineError, parseJson } from "./situation-from-line.ts";

/** Enough for the manifests of a large cluster; those that were not asked for since as many others came are forgotten. */
const CAPACITY = 10_000;

/** Manifests that came inline, parsed once for each text. */
export class ManifestCache {
  #young = new Map<string, Autoscaler | LineError>();
  #old = new Map<string, Autoscaler | LineError>();
  readonly #defaults: Defaults;

  constructor(defaults: Defaults) {
    this.#defaults = defaults;
  }

  /** The autoscaler of a manifest as JSON text; throws a LineError with all that is wrong with it. */
  get(manifest: string): Autoscaler {
    const known = this.#young.get(manifest) ?? this.#keep(manifest, this.#old.get(manifest) ?? this.#parse(manifest));
    if (known instanceof LineError) throw known;
    return known;
  }

  #keep(manifest: string, parsed: Autoscaler | LineError): Autoscaler | LineError {
    if (this.#young.size >= CAPACITY) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(manifest, parsed);
    return parsed;
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
