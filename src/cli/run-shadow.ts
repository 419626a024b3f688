import type { Workers } from "../lab/plant/plant.ts";
import { compareShadow } from "../lab/shadow/shadow.ts";
import { parseInstant } from "../shared/parse-time.ts";
import { drawShadow, formatJson, formatText } from "./shadow-text.ts";
import { explain, parseQuestion, Unanswered, type WhereToAsk } from "./shared/explain.ts";
import type { DefaultsOptions } from "./shared/options.ts";
import { parseDefaults } from "./shared/parse-defaults.ts";
import { parseDurationOption, parseNumberOption } from "./shared/parse-numbers.ts";
import { type PictureOptions, refuseUnwritablePictures } from "./shared/pictures.ts";
import { loadPolicies } from "./shared/policies.ts";
import { print, printError } from "./shared/print.ts";

export interface ShadowOptions extends WhereToAsk, PictureOptions, DefaultsOptions {
  readonly output: "text" | "json";
  readonly since?: string;
  readonly backlog: readonly string[];
  readonly filename?: readonly string[];
  readonly serviceTime?: string;
  readonly concurrency: string;
  readonly startUp: string;
}

/** Prints the comparison; returns the exit status: 1 if no controller answered. */
export async function runShadow(name: string, options: ShadowOptions): Promise<number> {
  const now = Date.now();
  const question = { ...parseQuestion(name, options, now), last: Number.POSITIVE_INFINITY };
  const since = options.since === undefined ? undefined : parseInstant("--since", options.since, now);
  const { filename = [] } = options;
  const serviceSeconds = parseDurationOption("--service-time", options.serviceTime, 0.001);
  const workers = workersOf(options);
  const policies = filename.length === 0 ? [] : loadPolicies(filename, parseDefaults(options));
  const terms = { since, queues: options.backlog, workers, serviceSeconds, policies };
  refuseUnwritablePictures(options);
  try {
    const { id, from, tried, entries } = await explain(question, options);
    const shadowed = { id, from, tried, ...compareShadow(entries, terms) };
    await drawShadow(options, shadowed);
    print(options.output === "json" ? formatJson(shadowed) : formatText(shadowed));
    return 0;
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    printError(`muster: ${error.message}\n`);
    return 1;
  }
}

function workersOf({ concurrency, startUp }: ShadowOptions): Workers {
  return {
    concurrency: parseNumberOption("--concurrency", concurrency, { from: 1, to: 100_000, whole: true }),
    startUpSeconds: parseDurationOption("--start-up", startUp),
    ...{ startUpJitter: 0, graceSeconds: 30, victims: "newest" },
  };
}
