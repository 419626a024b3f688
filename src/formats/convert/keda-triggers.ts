import * as z from "zod";
import type { Problem } from "../../core/index.ts";
import type { SignalDraft } from "./draft.ts";
import { ReadSettings } from "./read-settings.ts";
import { type Made, withNotes } from "./trigger.ts";
import {
  type Authentications,
  authenticatedSettings,
  missingSecrets,
  withAuthentication,
} from "./trigger-authentication.ts";
import { readFields } from "./trigger-fields.ts";
import { TRIGGERS } from "./triggers.ts";

const text = z
  .union([z.string(), z.number(), z.boolean(), z.null()], "expected a text")
  .transform((value) => String(value ?? ""));

/** A trigger of a ScaledObject. */
export const triggerSchema = z.object({
  type: z.string(),
  name: z.string().optional(),
  metricType: z.string().default("AverageValue"),
  metadata: z.record(z.string(), text).default({}),
  authenticationRef: z.object({ name: z.string().optional(), kind: z.string().optional() }).optional(),
});
type Trigger = z.output<typeof triggerSchema>;

/** The signals of a ScaledObject's triggers. */
interface ConvertedTriggers {
  readonly signals: readonly SignalDraft[];
  /** Where each signal comes from: its path in the result, and its trigger's. */
  readonly origins: readonly (readonly [string, string])[];
  /** What is wrong with triggers that are not among the signals. */
  readonly problems: readonly Problem[];
}

/** Converts each trigger for itself; `secret` is where credentials are to be put. */
export function convertTriggers(
  triggers: readonly Trigger[],
  secret: string,
  authentications: Authentications,
): ConvertedTriggers {
  const signals: SignalDraft[] = [];
  const origins: (readonly [string, string])[] = [];
  const problems: Problem[] = [];
  const names = signalNames(triggers);
  for (const [index, trigger] of triggers.entries()) {
    const path = `spec.triggers[${index}]`;
    const made = convertTrigger(trigger, { name: names[index] ?? "", secret, authentications });
    if ("wrong" in made) {
      problems.push(...made.wrong.map((one) => located(one, path, trigger.authenticationRef !== undefined)));
    } else {
      origins.push([`spec.signals[${signals.length}]`, path]);
      signals.push(made);
    }
  }
  return { signals, origins, problems };
}

interface Context {
  readonly name: string;
  readonly secret: string;
  readonly authentications: Authentications;
}

function convertTrigger(trigger: Trigger, { name, secret, authentications }: Context): Made {
  const { type, metadata, metricType, authenticationRef } = trigger;
  const convert = Object.hasOwn(TRIGGERS, type) ? TRIGGERS[type] : undefined;
  if (convert === undefined) return { wrong: [{ path: "type", ...unknownType(type) }] };
  if (metricType !== "AverageValue") return { wrong: [{ path: "metricType", ...wrongMetricType(metricType) }] };
  const missing = missingSecrets(authenticationRef, authentications);
  if (missing !== undefined) return { wrong: [missing] };
  const fields = readFields(type, metadata);
  const read = new ReadSettings(fields.settings, authenticatedSettings(authenticationRef, authentications));
  const made = convert({ settings: read.settings, secret, name });
  const more =
    "wrong" in made ? made.wrong.filter(({ path }) => !fields.problems.some((one) => one.path === path)) : [];
  if ("wrong" in made || fields.problems.length > 0) return { wrong: [...fields.problems, ...more] };
  return withAuthentication(withNotes(made, read.leftOut()), authenticationRef, authentications);
}

/** A trigger's problem, seen from the object; what may be in a Secret that we were not shown is said to be. */
function located(problem: Problem, under: string, isAuthenticated: boolean): Problem {
  const remedy = "write it here without credentials, or hand in the TriggerAuthentication and its Secret too";
  const isHidden = isAuthenticated && problem.remedy === undefined && problem.message.endsWith("got nothing");
  return { ...problem, path: `${under}.${problem.path}`, ...(isHidden ? { remedy } : {}) };
}

function unknownType(type: string): Omit<Problem, "path"> {
  if (type === "cpu" || type === "memory") {
    const message = `expected a trigger on a queue or a metric server, got ${type}, which is not read here`;
    const remedy =
      "have a prometheus trigger ask for it, such as by container_cpu_usage_seconds_total, or leave it out";
    return { message, remedy };
  }
  return { message: `expected one of ${Object.keys(TRIGGERS).join(", ")}, got ${type}` };
}

function wrongMetricType(got: string): Omit<Problem, "path"> {
  const remedy =
    "Value multiplies the present replicas, so it feeds on itself: state how much one replica takes, and leave metricType out";
  return { message: `expected AverageValue, got ${got}`, remedy };
}

const LONGEST_NAME = 63;

/** Stated names stay; those that are too long get a number in place of their end, and triggers without one are called after their type. */
function signalNames(triggers: readonly Trigger[]): readonly string[] {
  const stated = new Set(triggers.flatMap(({ name }) => name ?? []));
  return triggers.map(({ name, type }, index) => {
    if (name && name.length > LONGEST_NAME) return `${name.slice(0, LONGEST_NAME - 4)}-${index}`;
    if (name) return name;
    const usual = index === 0 ? type : `${type}-${index}`;
    return stated.has(usual) ? `${usual}-of-trigger-${index}` : usual;
  });
}
