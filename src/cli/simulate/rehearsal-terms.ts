import type { Autoscaler } from "../../core/index.ts";
import { inWords } from "../../lab/duration.ts";
import { QUANTITIES, type Quantity } from "../../lab/live/quantity.ts";
import type { Looks, Rehearsal } from "../../lab/rehearsal.ts";
import type { Traffic } from "../../lab/traffic/traffic.ts";
import { UserError } from "../../shared/user-error.ts";
import { fixedValue } from "./fixed-value.ts";
import { durationOf, numberOf } from "./numbers.ts";
import type { Policy } from "./policies.ts";
import type { SimulateOptions } from "./simulate-options.ts";
import { usualPace } from "./usual-pace.ts";

/** All but the policy, as the options say it. */
export function rehearsalTerms(options: SimulateOptions, traffic: Traffic): Omit<Rehearsal, "policy" | "autoscaler"> {
  const initial = options.replicas;
  return {
    traffic,
    workers: {
      concurrency: numberOf("--concurrency", options.concurrency, { from: 1, to: 100_000, whole: true }),
      startUpSeconds: durationOf("--start-up", options.startUp),
      startUpJitter: numberOf("--start-up-jitter", options.startUpJitter, { from: 0, to: 1 }),
      graceSeconds: durationOf("--grace", options.grace),
      victims: options.victims,
    },
    service: serviceOf(options),
    looks: looksOf(options, traffic),
    seed: numberOf("--seed", options.seed, { from: 0, to: 2 ** 52, whole: true }),
    objectiveSeconds: durationOf("--objective", options.objective, 0.001),
    drainSeconds: durationOf("--drain", options.drain),
    ...(initial === undefined
      ? {}
      : { initialReplicas: numberOf("--replicas", initial, { from: 0, to: 1_000_000, whole: true }) }),
    ...(options.mode === undefined ? {} : { mode: options.mode }),
  };
}

function serviceOf({ service, serviceShape, serviceCv }: SimulateOptions): Rehearsal["service"] {
  const meanSeconds = durationOf("--service", service, 0.001);
  if (serviceShape === "lognormal") {
    return { meanSeconds, shape: serviceShape, cv: numberOf("--service-cv", serviceCv ?? "1", { from: 0, to: 100 }) };
  }
  if (serviceCv !== undefined) {
    throw new UserError(`--service-cv: expected --service-shape lognormal with it, got ${serviceShape}`);
  }
  return { meanSeconds, shape: serviceShape, cv: serviceShape === "fixed" ? 0 : 1 };
}

/** Every --sees must name a signal of some policy, and say something that there is to see. */
export function refuseUnknownSignals(options: SimulateOptions, policies: readonly Policy[]): void {
  const names = new Set(
    policies.flatMap(({ autoscaler }: { autoscaler: Autoscaler }) => autoscaler.signals.map(({ name }) => name)),
  );
  for (const name of Object.keys(seesOf(options.sees))) {
    if (!names.has(name)) throw new UserError(`--sees: expected a signal of ${[...names].join(", ")}, got "${name}"`);
  }
}

function looksOf(options: SimulateOptions, traffic: Traffic): Looks {
  const interval = options.lookInterval;
  return {
    pace: usualPace(traffic),
    ...(interval === undefined ? {} : { intervalSeconds: durationOf("--look-interval", interval, 0.1) }),
    lagSeconds: durationOf("--lag", options.lag),
    hiddenLagSeconds: durationOf("--hidden-lag", options.hiddenLag),
    outages: options.outage.map((text) =>
      outageOf(text, traffic.durationMs / 1000 + durationOf("--drain", options.drain)),
    ),
    sees: seesOf(options.sees),
    fixed: fixedValue,
  };
}

/** `endSeconds`: no run lasts longer. */
function outageOf(text: string, endSeconds: number): Looks["outages"][number] {
  const [start = "", length = "", ...more] = text.split("+");
  if (more.length > 0 || length === "")
    throw new UserError(`--outage: expected START+LENGTH such as 1h+10m, got "${text}"`);
  const fromSeconds = durationOf("--outage", start);
  if (fromSeconds >= endSeconds) {
    throw new UserError(`--outage: expected one that begins within ${inWords(endSeconds)}, got "${text}"`);
  }
  return { fromSeconds, toSeconds: fromSeconds + durationOf("--outage", length) };
}

function seesOf(words: readonly string[]): Readonly<Record<string, Quantity>> {
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
