import * as z from "zod";
import { conditions, lastDecision, lastScaling } from "./shared/status-schema.ts";

const time = () => z.iso.datetime();

const signal = z.object({
  name: z.string().describe("The signal's name in the spec."),
  trust: z.enum(["ok", "zero", "absent", "stale", "failing", "implausible"]).describe("How far it can be believed."),
  value: z.number().optional().describe("The value of the last reading."),
  since: time().optional().describe("Since when value and trust have been so."),
  lastReadTime: time().optional().describe("Of what cannot be trusted now: when it was last read."),
  recommendedReplicas: z.int().optional().describe("Replicas that its rule asks for."),
  message: z.string().optional().describe("Why it cannot be read."),
  learned: z
    .object({
      secondsPerMessage: z.number().describe("Seconds that one message takes a replica."),
      messages: z.int().describe("Messages that were finished while it was learned."),
      time: time().describe("When it was last corrected by more than a little."),
    })
    .optional()
    .describe("Of a drain rule: how long a message takes, as looks have shown."),
});

const recommendation = z.object({
  time: time().describe("When it was."),
  replicas: z.int().describe("How many replicas."),
  inDoubt: z
    .boolean()
    .optional()
    .describe("Whether the number was held as a signal could not be trusted: it then delays scale-downs alone."),
});

const scaling = z.object({
  time: time().describe("When it was."),
  change: z.int().describe("Replicas that came, or went where it is negative."),
});

/** The `status` of WorkerAutoscaler objects. */
export const workerAutoscalerStatus = z
  .object({
    observedGeneration: z.int().describe("The generation of the spec that this status speaks of.").optional(),
    currentReplicas: z.int().describe("Replicas that the workload is asked to have.").optional(),
    availableReplicas: z.int().describe("Replicas that are available.").optional(),
    desiredReplicas: z.int().describe("Replicas that the last decision asked for.").optional(),
    minReplicas: z.int().describe("Fewest replicas, by the bounds in force.").optional(),
    maxReplicas: z.int().describe("Most replicas, by the bounds in force.").optional(),
    lastScaleTime: time().describe("When replicas were last changed, up or down.").optional(),
    conditions: conditions.optional(),
    signals: z.array(signal).describe("What each signal said last.").optional(),
    lastDecision: lastDecision.optional(),
    lastScaling: lastScaling.optional(),
    memory: z
      .object({
        activity: z
          .object({
            active: z.boolean().describe("Whether any signal is active."),
            since: time().describe("Since when."),
          })
          .optional()
          .describe("With scaleToZero: whether there is anything to do."),
        recommendations: z.array(recommendation).optional().describe("What was recommended of late."),
        scalings: z.array(scaling).optional().describe("What was scaled of late."),
      })
      .describe("What windows and policies still look back on; for the next leader.")
      .optional(),
  })
  .describe("What was seen and decided. Written by the controller.");
