import * as z from "zod";
import { lineName, wholeNumber } from "./field-schemas.ts";

/** Scalars of a YAML file in which quotes make no difference: 'true' is true, '60' is 60. */
const boolean = () => z.preprocess(unquotedBoolean, z.boolean("expected true or false"));
const whole = (min: number) => z.preprocess(unquotedNumber, wholeNumber(min));
const number = () => z.preprocess(unquotedNumber, z.number("expected a number"));
const text = () => z.preprocess(asText, z.string("expected a text").min(1, "expected a text that is not empty"));

/** A name that Kubernetes gives objects (RFC 1123), `dots` if it may have parts. */
const objectName = (dots: boolean) =>
  z.preprocess(
    asText,
    z
      .string("expected a text")
      .min(1, "expected a text that is not empty")
      .max(dots ? 253 : 63)
      .regex(
        dots ? /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/ : /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
        `expected a name of a-z, 0-9 and -${dots ? " and ." : ""}`,
      ),
  );

/** What a quoted boolean means; anything else as it is. */
export function unquotedBoolean(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const word = value.trim().toLowerCase();
  if (word === "true") return true;
  return word === "false" ? false : value;
}

/** What a quoted number means, 1_500_000 as in YAML 1.1 too; anything else as it is. */
export function unquotedNumber(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const digits = value.trim().replace(/(?<=\d)_(?=\d)/g, "");
  return /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(digits) ? Number(digits) : value;
}

/** A name such as 2024 that YAML takes for a number is still a name. */
function asText(value: unknown): unknown {
  return typeof value === "number" ? String(value) : value;
}

const workload = z.object({
  name: objectName(true).describe("Workload to scale."),
  namespace: objectName(false).describe("Its namespace."),
  minReplicas: whole(0).describe("Fewest replicas."),
  maxReplicas: whole(1).describe("Most replicas."),
  fallbackReplicas: whole(0).optional().describe("Replicas to go to, step by step, while the metric is unavailable."),
});

const metric = z.object({
  name: text().pipe(lineName()).optional().describe("Name of the metric, for messages."),
  metricType: z
    .enum(["positive", "negative"])
    .describe("negative: high is busy, such as lag. positive: high is idle, such as free capacity."),
  metricThreshold: number().describe("Middle of the band in which nothing is done."),
  metricMargin: number()
    .refine((margin) => margin >= 0, "expected a number of 0 or more")
    .describe("Half the width of that band."),
});

/** A PHPA file with one workload, whose scalars may be quoted. The metric server's block is its source's to check. */
export const phpaFile = z.object({
  version: z.literal("v1", "expected v1").optional(),
  kind: z.literal("PHPAConfig"),
  verbose: boolean().default(false).describe("Without effect: the process has one log level (--log-level)."),
  dryRun: boolean().default(false).describe("Decide and report, never act."),
  fallbackEnabled: boolean().default(true).describe("Go to fallbackReplicas while the metric is unavailable."),
  actionCooldown: whole(0).default(60).describe("Seconds to wait after a scaling."),
  interval: whole(1).default(300).describe("Seconds between two evaluations."),
  up_step_size: whole(1).default(1).describe("Replicas of one step up."),
  down_step_size: whole(1).default(1).describe("Replicas of one step down."),
  deployment: workload.optional(),
  replicaset: workload.optional(),
  statefulset: workload.optional(),
  busyWorkers: z
    .record(z.string(), z.unknown(), "expected a mapping")
    .optional()
    .describe("Muster's own: keeps busy workers from being stopped (protect, forceAfterSeconds, source, probe)."),
  metric,
  metricServer: z
    .object({ adaptor: text().describe("The metric server's kind; a block of that name says where it is.") })
    .catchall(z.unknown()),
});

/** A PHPA file as the schema leaves it. */
export type PhpaFile = z.output<typeof phpaFile>;
