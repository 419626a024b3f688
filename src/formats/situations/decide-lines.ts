import { once } from "node:events";
import type { Writable } from "node:stream";
import { type Instant, printable, type Situation } from "../../core/index.ts";
import { MAX_LINE_LENGTH, readLines } from "../../shared/read-lines.ts";
import { UserError } from "../../shared/user-error.ts";
import { type Defaults, parseAutoscaler, parseFile } from "../formats.ts";
import { describeProblem, isError } from "../problems.ts";
import { readDocuments } from "../read-documents.ts";
import { decideOnSchedule } from "../schedule.ts";
import { type Manifest, parseLine, type SituationLine, toSituation } from "./situation-line.ts";
import { LineError, parseJson, parseManifestMemory } from "./stated-memory.ts";

interface Options {
  readonly defaults: Defaults;
  /** For lines without a manifest of their own. */
  readonly manifest?: Manifest | undefined;
}

/** Decides each line's situation and writes one line for each; returns the number of lines that could not be parsed. */
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
  /** One time for the whole run: lines state ages, and the same line gets the same answer. */
  readonly #now: Instant = Date.now();

  constructor({ defaults, manifest }: Options) {
    this.#manifests = new ManifestCache(defaults);
    this.#manifest = manifest;
  }

  /** The answer to one line, with its line break; empty for a blank line. */
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
    return toSituation(line, manifest, this.#now);
  }

  /** Most lines begin like the one before: then the manifest's end is known. */
  #split(line: string): SplitLine | undefined {
    const last = this.#last;
    if (last !== undefined && line.startsWith(last.beginning)) {
      return { ...last, rest: `{${line.slice(last.beginning.length)}` };
    }
    this.#last = splitLeadingManifest(line);
    return this.#last;
  }
}

/** Parses a line without its manifest. Where that is not JSON, the error is of the whole line, for its position. */
function parseRest(rest: string, line: string): SituationLine {
  try {
    return parseLine(rest);
  } catch (error) {
    parseJson(line);
    throw error;
  }
}

/** More than the manifests of a large cluster. */
const MOST_MANIFESTS = 20_000;

/** Inline manifests, parsed once for each text. */
class ManifestCache {
  readonly #parsed = new Map<string, Manifest | LineError>();
  readonly #defaults: Defaults;

  constructor(defaults: Defaults) {
    this.#defaults = defaults;
  }

  /** A manifest's JSON text as parsed; throws a LineError with all that is wrong with it. */
  get(manifest: string): Manifest {
    let parsed = this.#parsed.get(manifest);
    if (parsed === undefined) {
      if (this.#parsed.size >= MOST_MANIFESTS) this.#parsed.clear();
      parsed = this.#parse(manifest);
      this.#parsed.set(manifest, parsed);
    }
    if (parsed instanceof LineError) throw parsed;
    return parsed;
  }

  #parse(manifest: string): Manifest | LineError {
    try {
      const document = parseJson(manifest);
      const parsed = parseAutoscaler(document, this.#defaults);
      if ("autoscaler" in parsed) return { ...parsed, stated: parseManifestMemory(document) };
      const errors = parsed.problems.filter(isError);
      return new LineError(errors.map((problem) => `autoscaler.${describeProblem(problem)}`).join("; "));
    } catch (error) {
      if (error instanceof LineError) return error;
      throw error;
    }
  }
}

/** Parses the one autoscaler of a manifest file. Throws a UserError with all that is wrong with it. */
export function parseManifest(text: string, file: string, defaults: Defaults): Manifest {
  const parsed = parseFile(text, file, defaults);
  if (!("autoscaler" in parsed)) {
    throw new UserError(parsed.problems.filter(isError).map(describeProblem).join("\nmuster: "));
  }
  try {
    return { ...parsed, stated: parseManifestMemory(readDocuments(text)[0]?.value) };
  } catch (error) {
    if (error instanceof LineError) throw new UserError(`${file}: ${error.message}`);
    throw error;
  }
}

const START = /^\s*\{\s*"autoscaler"\s*:\s*(?=\{)/;
const [QUOTE, BACKSLASH, OPEN, CLOSE, COMMA] = [0x22, 0x5c, 0x7b, 0x7d, 0x2c];

/** A line and its manifest apart. */
interface SplitLine {
  /** The line up to and with the comma after the manifest. */
  readonly beginning: string;
  /** The manifest's text. */
  readonly manifest: string;
  /** The line without it: JSON again. */
  readonly rest: string;
}

/**
 * Splits a line that begins with its manifest into the manifest's text and the line without it, so that a manifest seen
 * before is recognised by its text and not parsed again. Undefined for any other line: it is parsed as a whole.
 */
export function splitLeadingManifest(line: string): SplitLine | undefined {
  const start = START.exec(line)?.[0].length;
  if (start === undefined) return undefined;
  const end = objectEnd(line, start);
  if (end === undefined || line.charCodeAt(end) !== COMMA) return undefined;
  return { beginning: line.slice(0, end + 1), manifest: line.slice(start, end), rest: `{${line.slice(end + 1)}` };
}

/** Where the object that begins at `start` ends. Braces inside strings do not count. */
function objectEnd(line: string, start: number): number | undefined {
  let depth = 0;
  for (let index = start; index < line.length; index++) {
    const code = line.charCodeAt(index);
    if (code === OPEN) depth += 1;
    else if (code === QUOTE) index = stringEnd(line, index);
    else if (code === CLOSE && --depth === 0) return index + 1;
  }
  return undefined;
}

/** The closing quote of the string that begins at `start`. */
function stringEnd(line: string, start: number): number {
  let index = start + 1;
  while (index < line.length && line.charCodeAt(index) !== QUOTE) index += line.charCodeAt(index) === BACKSLASH ? 2 : 1;
  return index;
}
