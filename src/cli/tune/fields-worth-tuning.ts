import type { Autoscaler, Signal } from "../../core/index.ts";
import { fieldPath, valueAt } from "../../formats/shared/field-path.ts";
import type { PolicyDocument } from "../sweep/policy-documents.ts";
import { oneTwoFive, sorted, type TunedField } from "./candidate-values.ts";

type Keys = readonly (string | number)[];

/** The fields of a policy that decide between cost and waits, those with the greatest effect first. */
export function fieldsWorthTuning({ value, autoscaler }: PolicyDocument): readonly TunedField[] {
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
      // The objective is the user's, and withinSeconds says it; the margin to it is what may be tuned.
      among.number([...at, "drain", "withinSeconds"], "any");
      among.choice([...at, "drain", "headroom"], [0, 0.5, 1, 2]);
      break;
    case "band":
      for (const name of ["threshold", "margin", "low", "high"]) among.number([...at, "band", name], "any");
      among.choice([...at, "band", "stepUp"], [1, 2, 5]);
      among.choice([...at, "band", "stepDown"], [1, 2, 5]);
      break;
  }
}

/** Fields are gathered here, with values around those that are in the document. */
class Fields {
  readonly fields: TunedField[] = [];
  readonly #document: unknown;

  constructor(document: unknown) {
    this.#document = document;
  }

  /** A number above 0 that is written in the document: everything from 1 to ten times of it. */
  number(keys: Keys, between: "whole" | "any"): void {
    const written = Number(valueAt(this.#document, keys) ?? Number.NaN);
    if (!(written > 0)) return;
    const values = sorted([...oneTwoFive(Math.min(1, written), Math.max(100, written * 10)), written]);
    this.fields.push({ path: fieldPath(keys), values, between });
  }

  replicas(keys: Keys, { minReplicas, maxReplicas }: Autoscaler): void {
    const values = sorted([0, 1, 2, 5, 10, 20, 50, 100, minReplicas].filter((count) => count <= maxReplicas));
    this.fields.push({ path: fieldPath(keys), values, between: "whole" });
  }

  /** What is not written yet may stay so. */
  choice(keys: Keys, values: readonly (string | number)[]): void {
    const written = valueAt(this.#document, keys) as string | number | undefined;
    this.fields.push({ path: fieldPath(keys), values: [...new Set([written, ...values])] });
  }
}
