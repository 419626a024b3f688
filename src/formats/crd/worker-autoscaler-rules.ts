import { SOURCES } from "../../sources/registry.generated.ts";
import { SIGNAL_RULES } from "../worker-autoscaler.ts";
import type { CelRule } from "./custom-resource-definition.ts";

/** CEL writes a dash in a field's name so. */
const celName = (name: string): string => name.replaceAll("-", "__dash__");

const stated = (names: readonly string[], of = "self"): string =>
  `[${names.map((name) => `has(${of}.${celName(name)})`).join(", ")}]`;

const exactlyOne = (names: readonly string[]): string => `${stated(names)}.exists_one(stated, stated)`;

const eitherEndOrDuration: CelRule = {
  rule: "has(self.end) != has(self.durationSeconds)",
  message: "expected either end or durationSeconds",
};

const minOf = (bounds: string, otherwise: string): string =>
  `(has(${bounds}.minReplicas) ? ${bounds}.minReplicas : ${otherwise})`;

const windowsMin = minOf("window", minOf("self", "0"));
const windowsMax = "(has(window.maxReplicas) ? window.maxReplicas : self.maxReplicas)";

const countingSources = SOURCES.filter(({ countsFlow }) => countsFlow)
  .map(({ type, countsFlow }) => {
    const source = `self.source.${celName(type)}`;
    return typeof countsFlow === "string" ? `(has(${source}) && has(${source}.${countsFlow}))` : `has(${source})`;
  })
  .join(" || ");

/**
 * What the controller checks too (contradictions.ts, worker-autoscaler.ts, the sources' own schemas), for servers from 1.25
 * on to refuse at once. Every list that a rule walks has a maxItems, or the server would refuse the rule as too expensive.
 */
export const workerAutoscalerRules: Readonly<Record<string, readonly CelRule[]>> = {
  "": [
    {
      rule: `${minOf("self", "0")} <= self.maxReplicas`,
      message: "expected minReplicas to be at most maxReplicas",
    },
    {
      rule: `!has(self.schedule) || self.schedule.all(window, ${windowsMin} <= ${windowsMax})`,
      message: "expected minReplicas to be at most maxReplicas in every window of the schedule",
    },
    {
      rule: "has(self.fallback) || !self.signals.exists(signal, has(signal.whenMissing) && signal.whenMissing == 'Fallback')",
      message: "expected spec.fallback beside whenMissing: Fallback",
    },
    {
      rule: "has(self.scaleTargetRef) != has(self.jobTemplate)",
      message: "expected either scaleTargetRef or jobTemplate",
    },
    {
      rule: `has(self.jobTemplate) || self.signals.all(signal, ${SIGNAL_RULES.map((rule) => `has(signal.${rule})`).join(" || ")})`,
      message: `expected exactly one rule of ${SIGNAL_RULES.join(", ")} in each signal`,
    },
  ],
  busyWorkers: [
    { rule: "!has(self.source) || !has(self.probe)", message: "expected either source or probe, got both" },
    {
      rule: "!has(self.forceAfterSeconds) || !has(self.protect) || self.protect == 'Always'",
      message: "expected forceAfterSeconds beside protect: Always alone",
    },
  ],
  "signals.items": [
    {
      rule: `${stated(SIGNAL_RULES)}.filter(stated, stated).size() <= 1`,
      message: `expected exactly one rule of ${SIGNAL_RULES.join(", ")}`,
    },
    {
      rule: `!has(self.drain) || has(self.drain.secondsPerMessage) || ${countingSources}`,
      message: "expected drain.secondsPerMessage, as this source does not count finished messages",
    },
  ],
  "signals.items.source": [
    { rule: exactlyOne(SOURCES.map(({ type }) => type)), message: "expected exactly one source" },
  ],
  "signals.items.source.cloudwatch": [
    {
      rule: "has(self.expression) ? !has(self.namespace) && !has(self.metricName) : has(self.namespace) && has(self.metricName)",
      message: "expected either namespace and metricName, or an expression",
    },
  ],
  "signals.items.source.cron": [eitherEndOrDuration],
  "signals.items.source.kafka": [
    { rule: "has(self.username) == has(self.password)", message: "expected both username and password, or neither" },
  ],
  "signals.items.drain": [
    {
      rule: "has(self.withinSeconds) != has(self.objective)",
      message: "expected either withinSeconds or objective",
    },
  ],
  "signals.items.band": [
    {
      rule: "has(self.low) == has(self.high) && has(self.threshold) == has(self.margin) && has(self.low) != has(self.threshold)",
      message: "expected either low and high or threshold and margin",
    },
    {
      rule: "!has(self.low) || !has(self.high) || self.low <= self.high",
      message: "expected low to be at most high",
    },
  ],
  behavior: [
    {
      rule: "!has(self.algorithm) || self.algorithm != 'AutoscalingV1' || (!has(self.scaleUp) && !has(self.scaleDown))",
      message: "expected neither scaleUp nor scaleDown beside algorithm: AutoscalingV1",
    },
  ],
  "schedule.items": [eitherEndOrDuration],
};
