import { once } from "node:events";
import type { Writable } from "node:stream";
import { type Instant, printable, type Situation } from "../../core/index.ts";
import { decideOnSchedule } from "../../formats/decide-on-schedule.ts";
import type { Defaults } from "../../formats/formats.ts";
import { MAX_LINE_LENGTH, readLines } from "../shared/read-text.ts";
import { type SplitLine, splitLeadingManifest } from "./leading-manifest.ts";
import { LineError, parseJson } from "./line-error.ts";
import type { Manifest } from "./manifest.ts";
import { ManifestCache } from "./manifest-cache.ts";
import { parseLine, type SituationLine, situationFrom } from "./situation-from-line.ts";

interface Options {
  readonly defaults: Defaults;
  /** For lines without a manifest of their own. */
  readonly manifest?: Manifest | undefined;
}

/** Decides each line's situation and writes one line for each; returns how many could not be understood. */
export async function decideLines(input: AsyncIterable<Buffer>, output: Writable, options: Options): Promise<number> {
  const decider = new LineDecider(options);
  for await (const lines of readLines(input)) {
    const text = lines.map((line) => decider.answer(line)).join("");
    if (!output.write(text)) await once(output, "drain");
  }
  return decider.failed;
}

class LineDecider {
  failed = 0;
  #number = 0;
  readonly #manifest: Manifest | undefined;
  readonly #manifests: ManifestCache;
  #last: SplitLine | undefined;
  /** One moment for the whole run: lines speak of ages, and the same line gives the same answer. */
  readonly #now: Instant = Date.now();

  constructor({ defaults, manifest }: Options) {
    this.#manifests = new ManifestCache(defaults);
    this.#manifest = manifest;
  }

  /** The answer to one line, with its line break; nothing to a blank one. */
  answer(line: string | undefined): string {
    this.#number += 1;
    if (line !== undefined && line.trim() === "") return "";
    try {
      const { desiredReplicas, direction, steps } = decideOnSchedule(this.#situation(line));
      return `${printable(JSON.stringify({ desiredReplicas, direction, steps }))}\n`;
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      this.failed += 1;
      return `${printable(JSON.stringify({ error: error.message, line: this.#number }))}\n`;
    }
  }

  #situation(text: string | undefined): Situation {
    if (text === undefined) throw new LineError(`expected a line of at most ${MAX_LINE_LENGTH} characters`);
    const split = this.#split(text);
    const line = split === undefined ? parseLine(text) : parseRest(split.rest, text);
    // Of two "autoscaler" fields the last one counts, as in any JSON.
    const inline = line.autoscaler === undefined ? split?.manifest : JSON.stringify(line.autoscaler);
    const manifest = inline === undefined ? this.#manifest : this.#manifests.get(inline);
    if (manifest === undefined) throw new LineError("autoscaler: expected a manifest here, or in a file given by -f");
    return situationFrom(line, manifest, this.#now);
  }

  /** Most lines begin as the one before them: then the manifest's end need not be searched for. */
  #split(line: string): SplitLine | undefined {
    const last = this.#last;
    if (last !== undefined && line.startsWith(last.beginning)) {
      return { ...last, rest: `{${line.slice(last.beginning.length)}` };
    }
    this.#last = splitLeadingManifest(line);
    return this.#last;
  }
}

/** A line without its manifest. Where that is no JSON, the error is the whole line's, so that its position is right. */
function parseRest(rest: string, line: string): SituationLine {
  try {
    return parseLine(rest);
  } catch (error) {
    parseJson(line);
    throw error;
  }
}
