import type { SourceReference } from "../../core/index.ts";
import type { RecordedSeries } from "../../lab/history/recorded-series.ts";
import { SeriesError } from "../../lab/history/recorded-series.ts";
import { UserError } from "../../shared/user-error.ts";
import { SharedThings } from "../../sources/shared/share.ts";
import { SourceError } from "../../sources/shared/source-error.ts";
import { localNetwork } from "../shared/poll-once.ts";
import { type Moments, momentsOf } from "../simulate/moments.ts";
import { durationOf } from "../simulate/numbers.ts";
import { ProgressLine } from "../simulate/progress-line.ts";
import type { SimulateOptions } from "../simulate/simulate-options.ts";
import { type HistorySource, historySource } from "./history-source.ts";
import { MOST_POINTS, readSeries, tooMany } from "./read-series.ts";

const DAY_MS = 86_400_000;
const TELL_MS = 250;
const LONGEST_NAME = 60;
/** Of the past, one answer may hold thousands of points. */
const MOST_ANSWER_BYTES = 8 << 20;

type Options = Pick<SimulateOptions, "timeZone" | "from" | "to"> &
  Parameters<typeof historySource>[0] & { readonly history?: string };

/** Reads the series that the options name from its server; what fails is told as a user's mistake. */
export async function readHistory(options: Options, own: () => SourceReference): Promise<RecordedSeries> {
  const source = historySource(options, own);
  const asked = rangeOf(momentsOf(options), durationOf("--step", options.step, 1));
  // What a counter grew by in the last step is known at the end of it.
  const range = options.historyKind === "counter" ? { ...asked, to: asked.to + asked.stepSeconds * 1000 } : asked;
  const count = Math.ceil((range.to - range.from) / (range.stepSeconds * 1000));
  if (count > MOST_POINTS) throw new UserError(`--history: ${tooMany(count)}`);
  const { type, settings } = source;
  const things = new SharedThings();
  const progress = new ProgressLine(process.stderr);
  let done = 0;
  const ticking = setInterval(() => progress.show(done, `read from ${type.type}`), TELL_MS);
  try {
    const world = { now: Date.now, mayTouch: false, environment: process.env, network: localNetwork() };
    const tools = { ...world, answerBytes: MOST_ANSWER_BYTES, share: things.share };
    const history = type.history.open(settings, tools);
    const isDatedByBeginning = options.historyKind === "count" || options.historyKind === "rate";
    const told = (share: number) => {
      done = share;
    };
    const question = { history, traits: type.history, range, isDatedByBeginning, progress: told };
    try {
      return await readSeries({ ...question, name: nameOf(source), signal: new AbortController().signal });
    } finally {
      await history.close();
    }
  } catch (error) {
    if (error instanceof SourceError) throw new UserError(`--history: ${type.type}: ${error.message} (${error.kind})`);
    if (error instanceof SeriesError) throw new UserError(`--history: ${error.message}`);
    throw error;
  } finally {
    clearInterval(ticking);
    progress.end();
    await things.close();
  }
}

/** The last day where the options name no other time, on whole steps, and not in the future. */
function rangeOf({ from, to }: Moments, stepSeconds: number) {
  const stepMs = stepSeconds * 1000;
  const whole = (at: number) => Math.floor(at / stepMs) * stepMs;
  const end = whole(Math.min(to ?? Date.now(), Date.now()));
  const begin = whole(from ?? end - DAY_MS);
  if (begin < end) return { from: begin, to: end, stepSeconds };
  throw new UserError("--from: expected a time at least one step before --to, and in the past");
}

/** The source and the beginning of its question: queries may be long. */
function nameOf({ type, settings }: HistorySource): string {
  const asked = settings.query ?? settings.expression ?? `${settings.namespace} ${settings.metricName}`;
  const text = String(asked).replace(/\s+/g, " ").trim();
  return `${type.type} ${text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME)}...` : text}`;
}
