import { Counter, Histogram, type Registry } from "@prometheus-io/client";
import type { Telemetry } from "../controller/telemetry.ts";

/** From one PATCH to what a person would call broken. */
const LATENCIES = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts what the controller tells of. */
export function countingTelemetry(registry: Registry): Telemetry {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter<Label>({ name, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram<Label>({ name, help, labelNames, buckets: LATENCIES, registers });

  const looks = counter("muster_source_calls_total", "Looks at sources, by outcome", ["source", "outcome"]);
  const lookSeconds = histogram("muster_source_call_seconds", "How long a look took", ["source"]);
  const putOff = counter(
    "muster_source_put_off_seconds_total",
    "Seconds by which reads were put off, since the answers to their namespace take more than their share of the process's time",
    ["source"],
  );
  const writes = counter("muster_scale_writes_total", "Writes of a scale, by outcome", ["outcome"]);
  const writeSeconds = histogram("muster_scale_write_seconds", "How long a write of a scale took", []);
  const latency = histogram(
    "muster_decision_latency_seconds",
    "From the first sign of a change (a wake, a reading) to the scale write's acknowledgement",
    ["direction"],
  );
  const decisions = counter("muster_decisions_total", "Decisions, by the rule that settled the number", [
    "direction",
    "rule",
  ]);
  const errors = counter("muster_errors_total", "What went wrong, by kind", ["kind"]);
  return {
    looked(source, outcome, seconds) {
      looks.inc({ source, outcome });
      lookSeconds.observe({ source }, seconds);
    },
    putOff: (source, seconds) => putOff.inc({ source }, seconds),
    scaled(outcome, seconds) {
      writes.inc({ outcome });
      writeSeconds.observe(seconds);
    },
    acted: (direction, seconds) => latency.observe({ direction }, seconds),
    decided: (direction, rule) => decisions.inc({ direction, rule }),
    failed: (kind) => errors.inc({ kind }),
  };
}
