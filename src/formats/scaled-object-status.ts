import type { Account, Condition } from "../core/index.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { list, record, rfc3339, type Stored, toText } from "./stored.ts";

/** A condition as KEDA stores it: without a time. */
interface KedaCondition {
  readonly type: "Ready" | "Active" | "Fallback" | "Paused";
  readonly status: Condition["status"];
  readonly reason: string;
  readonly message: string;
}

/**
 * A ScaledObject's status in KEDA's fields, so that what shows and waits for them goes on working. Reasons are KEDA's
 * where it has one for the case; messages say what Muster decided. `health` counts KEDA's own failed polls and is left
 * out; fields of KEDA's that have no meaning here, such as the name of an HPA, stay as they are.
 */
export function renderScaledObjectStatus(account: Account, previous: Stored, described: Stored): Stored {
  const own = [ready(account), active(account), fallback(account), paused(account)];
  const { health: _, ...kept } = previous;
  return {
    ...kept,
    ...described,
    conditions: own,
    lastActiveTime: rfc3339(account.decision?.memory.activity?.since) ?? previous.lastActiveTime,
  };
}

function ready({ conditions, decision }: Account): KedaCondition {
  const own = conditions.find(({ type }) => type === "Ready");
  if (own === undefined) return { type: "Ready", status: "Unknown", reason: "UnknownState", message: "not seen yet" };
  const { status, reason, message } = own;
  const last = decision?.steps.map(({ because }) => because).join("; ") ?? "";
  if (reason !== "ReadyForNewScale") return { type: "Ready", status, reason, message };
  const decided = last === "" ? "" : `; ${decision?.desiredReplicas} replicas: ${last}`;
  return { type: "Ready", status, reason: "ScaledObjectReady", message: `${message}${decided}` };
}

function active({ decision, currentReplicas = 0 }: Account): KedaCondition {
  if (decision === undefined) {
    return { type: "Active", status: "Unknown", reason: "UnknownState", message: "nothing has been decided yet" };
  }
  const { memory, signals } = decision;
  // Only a workload that may go to zero is told apart by activation thresholds.
  const isActive = memory.activity?.active ?? signals.some(({ value = 0 }) => value > 0);
  if (isActive) return { type: "Active", status: "True", reason: "ScalerActive", message: "a trigger is active" };
  const isCooling = currentReplicas > 0 && decision.limited?.reason === "CoolDown";
  const reason = isCooling ? "ScalerCooldown" : "ScalerNotActive";
  return { type: "Active", status: "False", reason, message: "no trigger is active" };
}

function fallback({ conditions }: Account): KedaCondition {
  const own = conditions.find(({ type }) => type === "FallbackActive");
  return own?.status === "True"
    ? { type: "Fallback", status: "True", reason: "FallbackExists", message: own.message }
    : { type: "Fallback", status: "False", reason: "NoFallbackFound", message: "no trigger falls back" };
}

function paused({ conditions }: Account): KedaCondition {
  return conditions.some(({ reason }) => reason === "Paused")
    ? { type: "Paused", status: "True", reason: "ScaledObjectPaused", message: "paused by an annotation" }
    : { type: "Paused", status: "False", reason: "ScaledObjectUnpaused", message: "no annotation pauses it" };
}

/** The part of the status that follows from the spec alone. */
export function describeScaledObject({ spec }: KubernetesObject): Stored {
  const { triggers, scaleTargetRef } = record(spec);
  const { apiVersion = "apps/v1", kind = "Deployment" } = record(scaleTargetRef);
  const stated = list(triggers);
  const types = new Set(stated.map(({ type }) => toText(type)));
  const authentications = new Set(stated.flatMap(({ authenticationRef: one }) => record(one).name ?? []));
  return {
    scaleTargetKind: `${apiVersion}.${kind}`,
    externalMetricNames: stated.flatMap(({ type, metadata }, index) => {
      const name = metricName(toText(type), texts(metadata));
      return name === undefined ? [] : [`s${index}-${name.replaceAll(/[/.:%()]/g, "-")}`];
    }),
    triggersTypes: [...types].join(","),
    // Kubernetes 1.20 refuses an empty one.
    ...(authentications.size > 0 && { authenticationsTypes: [...authentications].join(",") }),
  };
}

const CRON_CHARACTERS: Readonly<Record<string, string>> = { "*": "x", "/": "Sl", "?": "Qm", ",": "Cm" };

function texts(values: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record(values)).map(([name, value]) => [name, toText(value)]));
}

/** How KEDA calls a trigger's external metric, before its index and with characters that it replaces. */
function metricName(type: string, s: Readonly<Record<string, string>>): string | undefined {
  const cronField = (field = "") => field.replaceAll(/[ */?,]/g, (character) => CRON_CHARACTERS[character] ?? "");
  switch (type) {
    case "cpu":
    case "memory":
      return undefined;
    case "kafka":
    case "apache-kafka":
      return s.topic ? `kafka-${s.topic}` : `kafka-${s.consumerGroup}-topics`;
    case "rabbitmq":
      return `rabbitmq-${encodeURIComponent(s.queueName ?? "")}`;
    case "beanstalkd":
      return `beanstalkd-${encodeURIComponent(s.tube ?? "")}`;
    case "nats-jetstream":
      return `nats-jetstream-${s.stream}`;
    case "aws-sqs-queue":
      return `aws-sqs-${(s.queueURL ?? "").split("/").at(-1)}`;
    case "influxdb":
      return `influxdb-${s.organizationName ?? s.database ?? ""}`;
    case "redis":
      return `redis-${s.listName}`;
    case "redis-streams":
      return `redis-streams-${s.stream}`;
    case "mysql":
      return `mysql-${s.dbName ?? ""}`;
    case "metrics-api":
      return `metric-api-${s.valueLocation}`;
    case "cron":
      return `cron-${s.timezone}-${cronField(s.start)}-${cronField(s.end)}`;
    default:
      return type;
  }
}
