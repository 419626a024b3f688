import * as z from "zod";
import { lineName } from "./shared/names.ts";
import { scalars } from "./shared/scalars.ts";

const { boolean, number, objectName, text, whole } = scalars;

const workload = z.object({
  name: objectName(true).describe("Workload to scale."),
  namespace: objectName(false).describe("Its namespace."),
  minReplicas: whole(0).describe("Fewest replicas."),
  maxReplicas: whole(1).describe("Most replicas."),
  fallbackReplicas: whole(0).optional().describe("Replicas to go to, step by step, while the metric cannot be had."),
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
  fallbackEnabled: boolean().default(true).describe("Go to fallbackReplicas while the metric cannot be had."),
  actionCooldown: whole(0).default(60).describe("Seconds to wait after a scaling."),
  interval: whole(1).default(300).describe("Seconds between two evaluations."),
  up_step_size: whole(1).default(1).describe("Replicas of one step up."),
  down_step_size: whole(1).default(1).describe("Replicas of one step down."),
  deployment: workload.optional(),
  replicaset: workload.optional(),
  statefulset: workload.optional(),
  metric,
  metricServer: z
    .object({ adaptor: text().describe("The metric server's kind; a block of that name says where it is.") })
    .catchall(z.unknown()),
});

/** A PHPA file as the schema leaves it. */
export type PhpaFile = z.output<typeof phpaFile>;
