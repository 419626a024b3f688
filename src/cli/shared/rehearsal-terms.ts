import type { Instant } from "../../core/index.ts";
import { timeZoneProblem } from "../../formats/schedule.ts";
import { formatDuration } from "../../lab/duration.ts";
import { WallClock } from "../../lab/recordings/wall-clock.ts";
import type { LookTerms, Policy, Stage } from "../../lab/rehearsal.ts";
import { QUANTITIES, type Quantity } from "../../lab/simulated-source.ts";
import type { Traffic } from "../../lab/traffic/traffic.ts";
import { parseAgo, parseMoment } from "../../shared/parse-time.ts";
import { UserError } from "../../shared/user-error.ts";
import { parseDurationOption, parseNumberOption } from "./parse-numbers.ts";
import type { SimulateOptions } from "./rehearsal-options.ts";

/** What all runs have in common. */
export function parseStage(options: SimulateOptions, traffic: Traffic): Stage {
  return {
    traffic,
    workers: {
      concurrency: parseNumberOption("--concurrency", options.concurrency, { from: 1, to: 100_000, whole: true }),
      startUpSeconds: parseDurationOption("--start-up", options.startUp),
      startUpJitter: parseNumberOption("--start-up-jitter", options.startUpJitter, { from: 0, to: 1 }),
      graceSeconds: parseDurationOption("--grace", options.grace),
      victims: options.victims,
    },
    service: parseService(options),
    looks: parseLooks(options, traffic),
    seed: parseNumberOption("--seed", options.seed, { from: 0, to: 2 ** 52, whole: true }),
    objectiveSeconds: parseDurationOption("--objective", options.objective, 0.001),
    interruptionSeconds: parseDurationOption("--interruption-cost", options.interruptionCost),
    drainSeconds: parseDurationOption("--drain", options.drain),
    initialReplicas: parseNumberOption("--replicas", options.replicas, { from: 0, to: 1_000_000, whole: true }),
    mode: options.mode,
  };
}

function parseService({ service, serviceShape: shape, serviceCv }: SimulateOptions): Stage["service"] {
  const meanSeconds = parseDurationOption("--service", service, 0.001);
  if (shape !== "lognormal" && serviceCv !== undefined) {
    throw new UserError(`--service-cv: expected --service-shape lognormal with it, got ${shape}`);
  }
  const cv = parseNumberOption("--service-cv", serviceCv ?? "1", { from: 0, to: 100 });
  return { meanSeconds, shape, cv: shape === "fixed" ? 0 : cv };
}

/** How many runs go on at the same time; undefined: one for each core. */
export function parseThreads({ threads }: Pick<SimulateOptions, "threads">): number | undefined {
  return parseNumberOption("--threads", threads, { from: 1, to: 1_024, whole: true });
}

/** Every --sees must name a signal of some policy and a known quantity. */
export function refuseUnknownSignals(options: SimulateOptions, policies: readonly Policy[]): void {
  const names = new Set(policies.flatMap(({ autoscaler }) => autoscaler.signals.map(({ name }) => name)));
  for (const name of Object.keys(parseSees(options.sees))) {
    if (!names.has(name)) throw new UserError(`--sees: expected a signal of ${[...names].join(", ")}, got "${name}"`);
  }
}

function parseLooks(options: SimulateOptions, traffic: Traffic): LookTerms {
  const endSeconds = traffic.durationMs / 1000 + parseDurationOption("--drain", options.drain);
  return {
    intervalSeconds: parseDurationOption("--look-interval", options.lookInterval, 0.1),
    lagSeconds: parseDurationOption("--lag", options.lag),
    hiddenLagSeconds: parseDurationOption("--hidden-lag", options.hiddenLag),
    outages: options.outage.map((text) => parseOutage(text, endSeconds)),
    sees: parseSees(options.sees),
  };
}

/** `endSeconds`: no run lasts longer. */
function parseOutage(text: string, endSeconds: number): LookTerms["outages"][number] {
  const [start = "", length = "", ...more] = text.split("+");
  if (more.length > 0 || length === "")
    throw new UserError(`--outage: expected START+LENGTH such as 1h+10m, got "${text}"`);
  const fromSeconds = parseDurationOption("--outage", start);
  if (fromSeconds >= endSeconds) {
    throw new UserError(`--outage: expected one that begins within ${formatDuration(endSeconds)}, got "${text}"`);
  }
  return { fromSeconds, toSeconds: fromSeconds + parseDurationOption("--outage", length) };
}

function parseSees(words: readonly string[]): Readonly<Record<string, Quantity>> {
  return Object.fromEntries(
    words.map((word) => {
      const [signal = "", written = ""] = word.split("=");
      const quantity = QUANTITIES.find((one) => one === written);
      if (signal === "" || quantity === undefined) {
        throw new UserError(`--sees: expected SIGNAL=QUANTITY with one of ${QUANTITIES.join(", ")}, got "${word}"`);
      }
      return [signal, quantity];
    }),
  );
}

/** Which part of a recording is played, and the time zone of its times. */
export interface TimeRange {
  readonly timeZone: string | undefined;
  readonly from: Instant | undefined;
  readonly to: Instant | undefined;
}

/** Parses --time-zone, --from and --to. Times without a zone are in that zone; a duration counts back from now. */
export function parseTimeRange(options: Pick<SimulateOptions, "timeZone" | "from" | "to">): TimeRange {
  const { timeZone } = options;
  const problem = timeZone === undefined ? undefined : timeZoneProblem(timeZone);
  if (problem !== undefined) throw new UserError(`--time-zone: ${problem}`);
  const from = parseTime("--from", options.from, timeZone);
  const to = parseTime("--to", options.to, timeZone);
  if (from !== undefined && to !== undefined && to <= from) {
    throw new UserError(`--to: expected a time after that of --from, got "${options.to}"`);
  }
  return { timeZone, from, to };
}

function parseTime(flag: string, text: string | undefined, timeZone: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  const moment = parseMoment(text);
  if (moment === undefined) {
    const ago = parseAgo(text, Date.now());
    if (ago !== undefined) return ago;
    throw new UserError(
      `${flag}: expected a time such as 1998-06-30 or 2024-06-01T12:00:00Z, or how long ago such as 7d, got "${text}"`,
    );
  }
  const isWallTime = timeZone !== undefined && moment.notation === "dates without a zone";
  return isWallTime ? new WallClock(timeZone).instantOf(moment.at).at : moment.at;
}
