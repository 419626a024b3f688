import * as z from "zod";
import type { Problem } from "../../core/index.ts";
import { ownValue } from "../../shared/own-value.ts";
import type { HostBound, SecretLookup } from "../source-settings.ts";
import { cloudwatch, sqs } from "./aws-triggers.ts";
import { beanstalkd, kafka, natsJetstream, rabbitmq } from "./broker-triggers.ts";
import { cron } from "./cron-trigger.ts";
import { mysql, postgresql, redis, redisStreams } from "./database-triggers.ts";
import type { Draft, Note, SignalDraft, StatedCredentials } from "./draft.ts";
import { graphite, influxdb, metricsApi, prometheus } from "./metric-server-triggers.ts";
import { REFUSED } from "./refused-triggers.ts";
import { declaredProblems, difference, readFields, type Settings, type TriggerType } from "./trigger.ts";
import {
  authenticatedSettings,
  missingSecrets,
  withAuthentication,
  withoutVariables,
} from "./trigger-authentication.ts";
import type { Authentications } from "./trigger-parameters.ts";

/** KEDA's triggers that we have sources for. */
export const TRIGGERS: Readonly<Record<string, TriggerType>> = {
  kafka,
  "apache-kafka": kafka,
  rabbitmq,
  "nats-jetstream": natsJetstream,
  "aws-cloudwatch": cloudwatch,
  "aws-sqs-queue": sqs,
  beanstalkd,
  prometheus,
  graphite,
  influxdb,
  redis,
  "redis-streams": redisStreams,
  postgresql,
  mysql,
  cron,
  "metrics-api": metricsApi,
};

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
  /** Credentials that triggers state in the open, by the Secret that they are to be put into. */
  readonly stated: NonNullable<Draft["stated"]>;
}

/** Converts each trigger for itself; `secretOf` names the Secret that the credentials of a trigger are to be put into. */
export function convertTriggers(
  triggers: readonly Trigger[],
  secretOf: (trigger: number) => string,
  authentications: Authentications,
): ConvertedTriggers {
  const signals: SignalDraft[] = [];
  const origins: (readonly [string, string])[] = [];
  const problems: Problem[] = [];
  const stated = new Map<string, StatedCredentials>();
  const names = signalNames(triggers);
  for (const [index, trigger] of triggers.entries()) {
    const path = `spec.triggers[${index}]`;
    const { watched, bounds } = watchBounds(authentications);
    const converted = convertTrigger(trigger, names[index] ?? "", secretOf(index), watched);
    if ("signal" in converted) {
      origins.push([`spec.signals[${signals.length}]`, path]);
      signals.push(converted);
      if (converted.stated !== undefined)
        stated.set(secretOf(index), { texts: converted.stated, bounds: [...bounds.values()] });
    } else {
      const isAuthenticated = trigger.authenticationRef !== undefined;
      problems.push(...converted.map((problem) => placeProblem(problem, path, isAuthenticated)));
    }
  }
  return { signals, origins, problems, stated };
}

/** The same lookup, which notes to which hosts the Secrets that are read keep what they hold. */
function watchBounds({ secrets, ...others }: Authentications) {
  const bounds = new Map<string, HostBound>();
  const look: SecretLookup = (reference) => {
    const found = secrets?.(reference) ?? { reason: "SecretMissing" };
    if (typeof found === "object" && "allowedHosts" in found) {
      bounds.set(reference.name, { secret: reference.name, allowedHosts: found.allowedHosts });
    }
    return found;
  };
  return { watched: { ...others, ...(secrets && { secrets: look }) }, bounds };
}

function convertTrigger(
  trigger: Trigger,
  name: string,
  secret: string,
  authentications: Authentications,
): SignalDraft | readonly Problem[] {
  const { type, metricType } = trigger;
  const definition = ownValue(TRIGGERS, type);
  if (definition === undefined) return [unknownType(type)];
  if (metricType !== "AverageValue") return [wrongMetricType(metricType)];
  const missing = missingSecrets(trigger, authentications);
  if (missing !== undefined) return [missing];
  const fields = readFields(definition, withoutVariables(trigger, authentications));
  const more = readFields({}, authenticatedSettings(trigger, authentications));
  const { settings, unread } = observeReads(fields.settings, more.settings);
  const problems = [...fields.problems];
  const add = (found: readonly Problem[]) => {
    const known = new Set(problems.map(({ path }) => path));
    problems.push(...found.filter(({ path }) => !known.has(path)));
  };
  add(declaredProblems(definition, settings));
  const converted = definition.convert(settings, secret);
  add((converted.problems ?? []).flatMap((problem) => problem || []));
  if (problems.length > 0) return problems;
  const { source, each, activation, emptyValue, more: rules = {}, notes = [], stated = {} } = converted;
  const activeAbove = Number(activation ?? 0);
  const signal = {
    name,
    source,
    ...(emptyValue !== undefined && { emptyValue }),
    ...(activeAbove !== 0 && { activeAbove }),
    ...rules,
    ...(!("throughput" in rules) && { perReplica: { value: Number(each) } }),
  };
  const draft = { signal, notes: [...notes.flatMap((one) => one || []), ...unread()], stated };
  return withAuthentication(draft, trigger, { ...authentications, secret });
}

/** Values that switch nothing on. */
const OFF: ReadonlySet<string> = new Set(["", "false", "disable", "none"]);
const OF_NO_CONSEQUENCE: ReadonlySet<string> = new Set([
  ...["metricName", "protocol", "identityOwner", "awsRegion", "accountID"],
  // Their conversion says of them that they belong in a Secret.
  ...["authToken", "authTokenFromEnv"],
]);

/** Settings that note which fields were read, so that no field is left out in silence. `more` is not watched. */
function observeReads(stated: Settings, more: Settings) {
  const left = new Set(Object.keys(stated));
  const settings = new Proxy(
    { ...more, ...stated },
    {
      get(target, name: string) {
        left.delete(name);
        return target[name];
      },
    },
  );
  const matters = (field: string) => !OF_NO_CONSEQUENCE.has(field) && !OFF.has(stated[field] ?? "");
  const unread = (): readonly Note[] =>
    [...left]
      .filter(matters)
      .map((field) => difference("source", `the trigger's ${field} was not taken over: see whether it matters`));
  return { settings, unread };
}

/** A trigger's problem by its path in the object, with a hint if the value may be in a Secret that was not given. */
function placeProblem(problem: Problem, under: string, isAuthenticated: boolean): Problem {
  const remedy = "write it here without credentials, or hand in the TriggerAuthentication and its Secret too";
  const isHidden = isAuthenticated && problem.remedy === undefined && problem.message.endsWith("got nothing");
  return { ...problem, path: `${under}.${problem.path}`, ...(isHidden ? { remedy } : {}) };
}

function unknownType(type: string): Problem {
  const remedy = ownValue(REFUSED, type);
  if (remedy === undefined) {
    return { path: "type", message: `expected one of ${Object.keys(TRIGGERS).join(", ")}, got ${type}` };
  }
  const message = `expected a trigger on a queue or a metric server, got ${type}, which is not read here`;
  return { path: "type", message, remedy };
}

function wrongMetricType(got: string): Problem {
  const remedy =
    "Value multiplies the present replicas, so it feeds on itself: state how much one replica takes, and leave metricType out";
  return { path: "metricType", message: `expected AverageValue, got ${got}`, remedy };
}

const LONGEST_NAME = 63;

/** Stated names stay; a number replaces the end of one that is too long; triggers without one are called after their type. */
function signalNames(triggers: readonly Trigger[]): readonly string[] {
  const stated = new Set(triggers.flatMap(({ name }) => name ?? []));
  return triggers.map(({ name, type }, index) => {
    if (name && name.length > LONGEST_NAME) return `${name.slice(0, LONGEST_NAME - 4)}-${index}`;
    if (name) return name;
    const usual = index === 0 ? type : `${type}-${index}`;
    return stated.has(usual) ? `${usual}-of-trigger-${index}` : usual;
  });
}
