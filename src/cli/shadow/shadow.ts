import type { JournalEntry } from "../../journal/journal-entry.ts";
import type { Workers } from "../../lab/plant/plant.ts";
import { UserError } from "../../shared/user-error.ts";
import type { PictureOptions } from "../pictures/picture-options.ts";
import { refuseUnwritablePictures } from "../pictures/write-pictures.ts";
import type { DefaultsOptions } from "../shared/options.ts";
import { parseDefaults } from "../shared/parse-defaults.ts";
import { parseInstant } from "../shared/parse-time.ts";
import { print, printError } from "../shared/print.ts";
import { durationOf, numberOf } from "../simulate/numbers.ts";
import { policiesOf } from "../simulate/policies.ts";
import { explain, Unanswered } from "../why/explain.ts";
import { questionFrom, type WhereToAsk } from "../why/why-options.ts";
import { asJson, asText, type Shadowed } from "./as-text.ts";
import { queueSignals } from "./backlog.ts";
import { compared } from "./compared.ts";
import { courseOf } from "./course.ts";
import { drawShadow } from "./draw-shadow.ts";
import { estimate, sumOfKnown } from "./estimate.ts";

/** The options of `muster shadow`, as they were written. */
export interface ShadowOptions extends WhereToAsk, PictureOptions, DefaultsOptions {
  readonly output: "text" | "json";
  readonly since?: string;
  readonly backlog: readonly string[];
  readonly filename?: readonly string[];
  readonly serviceTime?: string;
  readonly concurrency: string;
  readonly startUp: string;
}

/** Compares on standard output; returns the exit status: 1 where nobody could be asked. */
export async function shadow(name: string, options: ShadowOptions): Promise<number> {
  const now = Date.now();
  const question = { ...questionFrom(name, options, now), last: Number.POSITIVE_INFINITY };
  const since = options.since === undefined ? undefined : parseInstant("--since", options.since, now);
  const { serviceTime, filename = [] } = options;
  const serviceSeconds = serviceTime === undefined ? undefined : durationOf("--service-time", serviceTime, 0.001);
  const workers = workersOf(options);
  const policies = filename.length === 0 ? [] : policiesOf(filename, parseDefaults(options));
  refuseUnwritablePictures(options);
  try {
    const { id, from, tried, entries: all } = await explain(question, options);
    const entries = since === undefined ? all : fromThen(all, since);
    const queues = queueSignals(entries, options.backlog);
    const course = courseOf(entries, queues);
    const shadowed: Shadowed = {
      ...{ id, from, tried, workers, queues, course },
      comparison: compared(entries, queues),
      measured: sumOfKnown(course.backlog),
      estimate: estimate(course, workers, serviceSeconds, policies),
    };
    await drawShadow(options, shadowed, entries);
    print(options.output === "json" ? asJson(shadowed) : asText(shadowed));
    return 0;
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    printError(`muster: ${error.message}\n`);
    return 1;
  }
}

function workersOf({ concurrency, startUp }: ShadowOptions): Workers {
  return {
    concurrency: numberOf("--concurrency", concurrency, { from: 1, to: 100_000, whole: true }),
    startUpSeconds: durationOf("--start-up", startUp),
    ...{ startUpJitter: 0, graceSeconds: 30, victims: "newest" },
  };
}

/** What was true then and later; what began before begins then. */
function fromThen(entries: readonly JournalEntry[], since: number): readonly JournalEntry[] {
  const last = entries.at(-1)?.until;
  if (last !== undefined && Date.parse(last) < since) {
    const asked = new Date(since).toISOString();
    throw new UserError(`--since: the last decision that was recorded held until ${last}, and ${asked} is after that`);
  }
  return entries.flatMap((entry, index) => {
    const end = Date.parse(entries[index + 1]?.at ?? entry.until);
    if (end < since) return [];
    return [Date.parse(entry.at) >= since ? entry : { ...entry, at: new Date(since).toISOString() }];
  });
}
