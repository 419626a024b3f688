import type { Signal } from "../../core/index.ts";
import { ArrivalsError } from "../../lab/input-error.ts";
import { paceRemarks } from "../../lab/looks.ts";
import { ARRIVAL_KINDS, arrivalsOfSeries } from "../../lab/recordings/arrivals-of-series.ts";
import { readArrivals } from "../../lab/recordings/read-arrivals.ts";
import { SeriesError } from "../../lab/recordings/recorded-series.ts";
import type { Policy } from "../../lab/rehearsal.ts";
import type { Traffic } from "../../lab/traffic/traffic.ts";
import { PRESET_START, TrafficError, trafficFromPreset } from "../../lab/traffic/traffic-from-preset.ts";
import { readLines } from "../../shared/read-lines.ts";
import { UserError } from "../../shared/user-error.ts";
import { fileName, openArrivals } from "./open-recording.ts";
import { numberOf } from "./parse-numbers.ts";
import { readHistory } from "./read-history.ts";
import type { SimulateOptions } from "./rehearsal-options.ts";
import { momentsOf } from "./rehearsal-terms.ts";

/** Options that say how a recording is read. */
const OF_RECORDINGS = [
  ["timeColumn", "--time-column"],
  ["countColumn", "--count-column"],
  ["serviceColumn", "--service-column"],
  ["serviceScale", "--service-scale"],
  ["share", "--share"],
  ["timeZone", "--time-zone"],
  ["from", "--from"],
  ["to", "--to"],
  ["allowFuture", "--allow-future"],
] as const;
const WAYS = ["traffic", "arrivals", "history"] as const;

/** The traffic that the options name: invented, from a file, or from the server of a metric; with what to know of how it is seen. */
export async function trafficOf(options: SimulateOptions, policies: readonly Policy[]): Promise<Traffic> {
  const traffic = await named(options, policies);
  return {
    ...traffic,
    remarks: [...traffic.remarks, ...paceRemarks(traffic, policies, options.lookInterval !== undefined)],
  };
}

async function named(options: SimulateOptions, policies: readonly Policy[]): Promise<Traffic> {
  const { traffic, arrivals, history } = options;
  const ways = WAYS.filter((way) => options[way] !== undefined);
  if (ways.length > 1)
    throw new UserError(
      `expected --traffic, --arrivals or --history, got ${ways.map((way) => `--${way}`).join(" and ")}`,
    );
  if (arrivals !== undefined) return recorded(arrivals, options);
  if (history !== undefined) return fromHistory(options, policies);
  if (traffic !== undefined) return invented(traffic, options);
  throw new UserError(
    "expected --traffic SHAPE, such as --traffic step:before=10,after=200, --arrivals FILE or --history SOURCE, got none",
  );
}

async function fromHistory(options: SimulateOptions, policies: readonly Policy[]): Promise<Traffic> {
  const { historyKind } = options;
  const kind = ARRIVAL_KINDS.find((one) => one === historyKind);
  if (kind === undefined) {
    throw new UserError(`--history-kind: expected one of ${ARRIVAL_KINDS.join(", ")}, got ${historyKind ?? "nothing"}`);
  }
  const share = shareOf(options);
  const series = await readHistory(options, () => ownSource(policies).source);
  try {
    return arrivalsOfSeries(series, kind, share);
  } catch (error) {
    if (error instanceof SeriesError) throw new UserError(`--history: ${error.message}`);
    throw error;
  }
}

function invented(text: string, options: SimulateOptions): Traffic {
  // What makes no sense is refused, whatever it is for.
  momentsOf(options);
  const idle = OF_RECORDINGS.filter(([option]) => options[option] !== undefined && options[option] !== "1");
  const flags = idle.map(([, flag]) => flag).join(" and ");
  const told =
    idle.length === 0 ? [] : [`${flags} ${idle.length === 1 ? "changes" : "change"} nothing: ${text} is invented.`];
  try {
    const traffic = trafficFromPreset(text);
    return { ...traffic, remarks: [...traffic.remarks, ...told] };
  } catch (error) {
    if (error instanceof TrafficError) throw new UserError(`--traffic: ${error.message}`);
    throw error;
  }
}

async function recorded(file: string, options: SimulateOptions): Promise<Traffic> {
  const { timeColumn, countColumn, serviceColumn, serviceScale } = options;
  const terms = {
    file: fileName(file),
    ...momentsOf(options),
    columns: {
      ...(timeColumn === undefined ? {} : { time: timeColumn }),
      ...(countColumn === undefined ? {} : { count: countColumn }),
      ...(serviceColumn === undefined ? {} : { service: serviceColumn }),
    },
    ...(serviceScale === undefined
      ? {}
      : { serviceScale: numberOf("--service-scale", serviceScale, { from: 1e-9, to: 1e6 }) }),
    share: shareOf(options),
    now: options.allowFuture ? Number.POSITIVE_INFINITY : Date.now(),
    start: PRESET_START,
  };
  try {
    return await readArrivals(readLines(openArrivals(file)), terms);
  } catch (error) {
    if (error instanceof ArrivalsError) throw new UserError(error.message);
    throw error;
  }
}

function shareOf({ share }: SimulateOptions): number {
  return numberOf("--share", share, { from: 1e-9, to: 1_000 });
}

/** The signal that `--history own` means: the only one that all policies have. */
export function ownSource(policies: readonly Policy[]): Signal {
  const signals = policies.flatMap(({ autoscaler }) => autoscaler.signals);
  const different = [...new Map(signals.map((signal) => [JSON.stringify(signal.source), signal])).values()];
  const [signal, ...others] = different;
  if (signal !== undefined && others.length === 0) return signal;
  const names = different.map(({ name, source }) => `${name} (${source.type})`).join(", ");
  throw new UserError(`--history own: expected policies with one source, got ${names}`);
}
