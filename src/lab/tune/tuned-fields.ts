import type { Autoscaler, Signal } from "../../core/index.ts";
import { roughly } from "../../core/wording.ts";
import type { Defaults } from "../../formats/formats.ts";
import { fieldPath, valueAt } from "../../formats/problems.ts";
import { UserError } from "../../shared/user-error.ts";
import { parseFieldValues, type Scalar } from "../sweep/field-values.ts";
import { fieldKeys, type PolicyDocument, refuseUnknownFields } from "../sweep/policy-document.ts";

/** A field with the values to begin with; undefined leaves it unset. */
export interface TunedField {
  readonly path: string;
  readonly values: readonly (Scalar | undefined)[];
  /** Which values may be tried between two; absent: none. */
  readonly between?: "whole" | "any";
}

/** 1, 2, 5, 10, 20, 50 and so on between two numbers, inclusive. */
export function oneTwoFive(from: number, to: number): readonly number[] {
  const values = [from, to];
  for (let power = 10 ** Math.floor(Math.log10(from)); power <= to; power *= 10) {
    values.push(...[1, 2, 5].map((digit) => Number((digit * power).toPrecision(1))));
  }
  return sortNumbers(values.filter((value) => value >= from && value <= to));
}

function sortNumbers(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((one, other) => one - other);
}

/** Drops every other value of the longest lists until at most `most` combinations are left. Present values stay. */
export function thinOut(
  fields: readonly TunedField[],
  present: (path: string) => unknown,
  most: number,
): readonly TunedField[] {
  const lists = fields.map(({ values }) => values);
  for (;;) {
    const longest = Math.max(...lists.map((list) => list.length));
    if (longest <= 1 || lists.reduce((product, list) => product * list.length, 1) <= most) break;
    // Of equally long lists, that of the least important field.
    const index = lists.findLastIndex((list) => list.length === longest);
    lists[index] = everyOther(lists[index] ?? [], present(fields[index]?.path ?? ""));
  }
  return fields.map((field, index) => ({ ...field, values: lists[index] ?? [] }));
}

function everyOther<Value>(list: readonly Value[], present: unknown): readonly Value[] {
  const kept = list.filter((value, place) => value === present || place % 2 === 0);
  return kept.length < list.length
    ? kept
    : list
        .filter((value) => value === present)
        .concat(list)
        .slice(0, 1);
}

/** The geometric means of a value and its tried neighbours. */
export function halfwayValues(value: number, tried: readonly number[], between: "whole" | "any"): readonly number[] {
  const below = sortNumbers(tried).findLast((other) => other < value);
  const above = sortNumbers(tried).find((other) => other > value);
  return [below, above].flatMap((other) => {
    if (other === undefined) return [];
    const [low, high] = value < other ? [value, other] : [other, value];
    const middle = low > 0 ? Math.sqrt(low * high) : (low + high) / 2;
    const rounded = between === "whole" ? Math.round(middle) : roughly(middle);
    return rounded > low && rounded < high ? [rounded] : [];
  });
}

type Keys = readonly (string | number)[];

/** The fields that trade cost against waits, most important first. */
function defaultFields({ value, autoscaler }: PolicyDocument): readonly TunedField[] {
  const among = new Fields(value);
  if (autoscaler.profile === "phpa") phpaFields(among, autoscaler);
  else if (autoscaler.profile === "worker-pod-autoscaler") {
    among.number(["spec", "targetMessagesPerWorker"], "whole");
    among.replicas(["spec", "minReplicas"], autoscaler);
    among.choice(["spec", "maxDisruption"], ["10%", "25%", "50%"]);
  } else {
    autoscaler.signals.forEach((signal, index) => {
      signalFields(among, ["spec", "signals", index], signal);
    });
    among.replicas(["spec", "minReplicas"], autoscaler);
    among.choice(["spec", "cooldownSeconds"], [0, 60, 300]);
    if (autoscaler.profile === "worker-autoscaler") {
      among.choice(["spec", "behavior", "scaleDown", "stabilizationWindowSeconds"], [0, 60, 300]);
    }
  }
  return among.fields;
}

function phpaFields(among: Fields, { signals }: Autoscaler): void {
  const rule = signals[0]?.rule;
  if (rule?.kind === "band" && rule.direction === "HighIsIdle") {
    among.choice(["metric", "metricThreshold"], [10, 20, 30, 50, 70]);
    among.choice(["metric", "metricMargin"], [5, 10, 20]);
  } else {
    among.number(["metric", "metricThreshold"], "any");
    among.number(["metric", "metricMargin"], "any");
  }
  among.choice(["up_step_size"], [1, 2, 5]);
  among.choice(["down_step_size"], [1, 2, 5]);
}

function signalFields(among: Fields, at: Keys, { rule }: Signal): void {
  switch (rule.kind) {
    case "backlog":
      among.number([...at, "backlog", "messagesPerReplica"], "any");
      break;
    case "perReplica":
      among.number([...at, "perReplica", "value"], "any");
      break;
    case "throughput":
      among.choice([...at, "throughput", "utilization"], [0.5, 0.6, 0.7, 0.8, 0.9, 1]);
      break;
    case "drain":
      // withinSeconds is the user's objective; the margin to it may be tuned.
      among.number([...at, "drain", "withinSeconds"], "any");
      among.number([...at, "drain", "objective", "withinSeconds"], "any");
      among.choice([...at, "drain", "prefer"], ["Cost", "Wait"]);
      among.choice([...at, "drain", "headroom"], [0, 0.5, 1, 2]);
      break;
    case "band":
      for (const name of ["threshold", "margin", "low", "high"]) among.number([...at, "band", name], "any");
      among.choice([...at, "band", "stepUp"], [1, 2, 5]);
      among.choice([...at, "band", "stepDown"], [1, 2, 5]);
      break;
  }
}

/** Collects fields, with values around those in the document. */
class Fields {
  readonly fields: TunedField[] = [];
  readonly #document: unknown;

  constructor(document: unknown) {
    this.#document = document;
  }

  /** A number in the document: from 1 to ten times its value. */
  number(keys: Keys, between: "whole" | "any"): void {
    const written = Number(valueAt(this.#document, keys) ?? Number.NaN);
    if (!(written > 0)) return;
    const values = sortNumbers([...oneTwoFive(Math.min(1, written), Math.max(100, written * 10)), written]);
    this.fields.push({ path: fieldPath(keys), values, between });
  }

  replicas(keys: Keys, { minReplicas, maxReplicas }: Autoscaler): void {
    const values = sortNumbers([0, 1, 2, 5, 10, 20, 50, 100, minReplicas].filter((count) => count <= maxReplicas));
    this.fields.push({ path: fieldPath(keys), values, between: "whole" });
  }

  /** A missing field may stay missing. */
  choice(keys: Keys, values: readonly (string | number)[]): void {
    const written = valueAt(this.#document, keys) as string | number | undefined;
    this.fields.push({ path: fieldPath(keys), values: [...new Set([written, ...values])] });
  }
}

/** The fields to tune: those of --vary, else the default ones, with at most `most` combinations. */
export function chooseFields(
  vary: readonly string[],
  policy: PolicyDocument,
  most: number,
  defaults: Defaults,
): readonly TunedField[] {
  const usual = defaultFields(policy);
  const stated = vary.map((text) =>
    text.includes("=") ? parseFieldValues("--vary", text) : findDefaultField(text, usual),
  );
  const own = stated.filter((field) => "count" in field);
  const count = own.reduce((product, field) => product * field.count, 1);
  if (count > most) {
    throw new UserError(
      `--vary: expected at most ${most} combinations, got ${count}: take fewer values, or raise --tries`,
    );
  }
  refuseUnknownFields("--vary", own, policy, defaults);
  const fields = stated.map((field) => ("count" in field ? { path: field.path, values: field.values() } : field));
  const wanted = vary.length > 0 ? fields : usual;
  if (wanted.length === 0)
    throw new UserError(`${policy.name}: expected a field worth tuning, found none: name one with --vary`);
  return thinOut(wanted, (path) => presentValue(policy, path), most);
}

/** The value of a field in the manifest. */
export function presentValue({ value }: PolicyDocument, path: string): unknown {
  return valueAt(value, fieldKeys(path, value));
}

function findDefaultField(path: string, usual: readonly TunedField[]): TunedField {
  const field = usual.find((one) => one.path === path);
  if (field !== undefined) return field;
  const known = usual.map((one) => one.path).join(", ");
  throw new UserError(
    `--vary: expected a field with values such as ${path}=1..10, or one of ${known} alone, got "${path}"`,
  );
}
