import { describeProblem, isError } from "../../formats/describe-problem.ts";
import { type Defaults, parseAutoscaler } from "../../formats/formats.ts";
import { LineError, parseJson } from "./line-error.ts";
import type { Manifest } from "./manifest.ts";
import { memoryOfManifest } from "./stated-memory.ts";

/** Enough for the manifests of a large cluster; those that were not asked for since as many others came are forgotten. */
const CAPACITY = 10_000;

/** Manifests that came inline, parsed once for each text. */
export class ManifestCache {
  #young = new Map<string, Manifest | LineError>();
  #old = new Map<string, Manifest | LineError>();
  readonly #defaults: Defaults;

  constructor(defaults: Defaults) {
    this.#defaults = defaults;
  }

  /** A manifest's JSON text as parsed; throws a LineError with all that is wrong with it. */
  get(manifest: string): Manifest {
    const known = this.#young.get(manifest) ?? this.#keep(manifest, this.#old.get(manifest) ?? this.#parse(manifest));
    if (known instanceof LineError) throw known;
    return known;
  }

  #keep(manifest: string, parsed: Manifest | LineError): Manifest | LineError {
    if (this.#young.size >= CAPACITY) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(manifest, parsed);
    return parsed;
  }

  #parse(manifest: string): Manifest | LineError {
    try {
      const document = parseJson(manifest);
      const parsed = parseAutoscaler(document, this.#defaults);
      if ("autoscaler" in parsed) return { ...parsed, stated: memoryOfManifest(document) };
      const errors = parsed.problems.filter(isError);
      return new LineError(errors.map((problem) => `autoscaler.${describeProblem(problem)}`).join("; "));
    } catch (error) {
      if (error instanceof LineError) return error;
      throw error;
    }
  }
}
