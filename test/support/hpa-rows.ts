import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import {
  type Autoscaler,
  type Decision,
  decide,
  type Memory,
  type SignalState,
  type Situation,
  withScaling,
} from "../../src/core/index.ts";
import { convert } from "../../src/formats/convert/convert.ts";
import { quantityInThousandths } from "../../src/formats/convert/quantity.ts";
import { DEFAULTS, parseAutoscaler } from "../../src/formats/formats.ts";
import { NOW } from "./situations.ts";

interface Past {
  readonly agoMs: number;
  readonly n: number;
}

/** What Kubernetes' own HPA controller (1.36.3) answered, on a simulated clock. */
export interface HpaRow {
  readonly id: string;
  readonly set?: string;
  readonly hpa: { readonly spec: { readonly behavior?: object } };
  readonly current: number;
  /** Null: the controller has just started. */
  readonly recs: readonly Past[] | null;
  readonly ups: readonly Past[];
  readonly downs: readonly Past[];
  /** A quantity for each metric, or null where it could not be read; `manual`: replicas that somebody else set. */
  readonly steps: readonly {
    readonly dtMs: number;
    readonly values: readonly (string | null)[];
    readonly manual?: number;
  }[];
  /** The controller was started again before this step, counted from one. */
  readonly restart?: number;
  readonly replicas: readonly number[];
  readonly asked: readonly (readonly number[])[];
  /** Reasons of the last step's conditions AbleToScale and, where it was set, ScalingLimited. */
  readonly limited?: readonly string[];
}

/** One step of a row, as Muster and as Kubernetes answered it. */
export interface HpaStep {
  readonly row: HpaRow;
  readonly index: number;
  readonly situation: Situation;
  readonly decision: Decision;
  /** Kubernetes' number. */
  readonly expected: number;
  /** The scalings that Kubernetes still knew of. */
  readonly knownScalings: NonNullable<Memory["scalings"]>;
}

/** The rows of a file in test/formats/convert/hpa. */
export function hpaRows(file: string): readonly HpaRow[] {
  const bytes = readFileSync(`test/formats/convert/hpa/${file}`);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as HpaRow);
}

/** What `muster convert` makes of the row's HPA. */
function autoscalerOf({ id, hpa }: HpaRow): Autoscaler {
  const converted = convert(hpa, { defaults: DEFAULTS, prometheusUrl: "http://prometheus:9090" });
  if (!("yaml" in converted)) throw new Error(`${id}: ${JSON.stringify(converted.problems)}`);
  const parsed = parseAutoscaler(parse(converted.yaml), DEFAULTS);
  if (!("autoscaler" in parsed)) throw new Error(`${id}: ${JSON.stringify(parsed.problems)}`);
  return parsed.autoscaler;
}

/** Decides every step of a row. After each, what Kubernetes did happens: steps are compared one by one. */
export function* hpaSteps(row: HpaRow): Generator<HpaStep> {
  const autoscaler = autoscalerOf(row);
  const events = new EventStore(autoscaler, row);
  let now = NOW;
  let currentReplicas = row.current;
  let memory: Memory = {
    ...(row.recs && { recommendations: row.recs.map(({ agoMs, n }) => ({ at: now - agoMs, replicas: n })) }),
    scalings: events.all,
  };
  const signals: Record<string, SignalState> = {};
  for (const [index, step] of row.steps.entries()) {
    now += step.dtMs;
    if (row.restart === index + 1) memory = {};
    if (row.restart === index + 1) events.clear();
    currentReplicas = step.manual ?? currentReplicas;
    for (const [position, { name }] of autoscaler.signals.entries()) {
      signals[name] = stateAfter(signals[name], step.values[position] ?? null, now);
    }
    const situation = { autoscaler, currentReplicas, signals: { ...signals }, memory, now };
    const decision = decide(situation);
    const expected = row.replicas[index] as number;
    yield { row, index, situation, decision, expected, knownScalings: events.all };
    memory = decision.memory;
    if (expected === currentReplicas) continue;
    memory = withScaling(memory, autoscaler, expected - currentReplicas, now);
    events.add({ at: now, change: expected - currentReplicas });
    currentReplicas = expected;
  }
}

/** As it is live, except that no fall waits to be confirmed: a signal that fails keeps what was read last. */
function stateAfter(before: SignalState | undefined, written: string | null, now: number): SignalState {
  if (written !== null) return { reading: { at: now, value: quantityInThousandths(written) ?? Number.NaN } };
  const { reading, doubtSince = now } = before ?? {};
  const failure = { kind: "Unavailable", message: "no metrics returned" } as const;
  return { ...(reading && { reading }), failure, doubtSince };
}

type Scaling = NonNullable<Memory["scalings"]>[number];

/** Kubernetes' storeScaleEvent: a new event takes the place of one that its own direction no longer needs. */
class EventStore {
  #ups: Scaling[];
  #downs: Scaling[];
  readonly #autoscaler: Autoscaler;

  constructor(autoscaler: Autoscaler, { ups, downs }: HpaRow) {
    this.#autoscaler = autoscaler;
    this.#ups = ups.map(({ agoMs, n }) => ({ at: NOW - agoMs, change: n }));
    this.#downs = downs.map(({ agoMs, n }) => ({ at: NOW - agoMs, change: -n }));
  }

  get all(): readonly Scaling[] {
    return [...this.#ups, ...this.#downs].sort((one, other) => one.at - other.at);
  }

  clear(): void {
    this.#ups = [];
    this.#downs = [];
  }

  add(scaling: Scaling): void {
    const { behavior } = this.#autoscaler;
    const isUp = scaling.change > 0;
    const events = isUp ? this.#ups : this.#downs;
    const { policies = [] } = (isUp ? behavior?.scaleUp : behavior?.scaleDown) ?? {};
    const longestMs = Math.max(0, ...policies.map(({ periodSeconds }) => periodSeconds)) * 1000;
    const outdated = events.findLastIndex(({ at }) => at < scaling.at - longestMs);
    if (outdated === -1) events.push(scaling);
    else events[outdated] = scaling;
  }
}
