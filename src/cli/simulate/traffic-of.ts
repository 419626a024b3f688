import { ArrivalsError } from "../../simulation/arrivals/arrivals-error.ts";
import { readArrivals } from "../../simulation/arrivals/read-arrivals.ts";
import { PRESET_START, TrafficError, trafficFromPreset } from "../../simulation/presets/traffic-from-preset.ts";
import type { Traffic } from "../../simulation/traffic/traffic.ts";
import { linesOf } from "../shared/lines.ts";
import { UserError } from "../shared/user-error.ts";
import { momentsOf } from "./moments.ts";
import { numberOf } from "./numbers.ts";
import { openArrivals } from "./open-arrivals.ts";
import type { SimulateOptions } from "./simulate-options.ts";

/** The traffic that the options name, recorded or invented. */
export async function trafficOf(options: SimulateOptions): Promise<Traffic> {
  const { traffic, arrivals } = options;
  if (traffic !== undefined && arrivals !== undefined)
    throw new UserError("expected --traffic or --arrivals, got both");
  if (arrivals !== undefined) return recorded(arrivals, options);
  if (traffic !== undefined) return invented(traffic);
  throw new UserError(
    "expected --traffic SHAPE, such as --traffic step:before=10,after=200, or --arrivals FILE, got neither",
  );
}

function invented(text: string): Traffic {
  try {
    return trafficFromPreset(text);
  } catch (error) {
    if (error instanceof TrafficError) throw new UserError(`--traffic: ${error.message}`);
    throw error;
  }
}

async function recorded(file: string, options: SimulateOptions): Promise<Traffic> {
  const { timeColumn, countColumn, serviceColumn } = options;
  const terms = {
    file,
    ...momentsOf(options),
    columns: {
      ...(timeColumn === undefined ? {} : { time: timeColumn }),
      ...(countColumn === undefined ? {} : { count: countColumn }),
      ...(serviceColumn === undefined ? {} : { service: serviceColumn }),
    },
    serviceScale: numberOf("--service-scale", options.serviceScale, { from: 1e-9, to: 1e6 }),
    share: numberOf("--share", options.share, { from: 1e-9, to: 1_000 }),
    now: options.allowFuture ? Number.POSITIVE_INFINITY : Date.now(),
    start: PRESET_START,
  };
  try {
    return await readArrivals(linesOf(openArrivals(file)), terms);
  } catch (error) {
    if (error instanceof ArrivalsError) throw new UserError(error.message);
    throw error;
  }
}
