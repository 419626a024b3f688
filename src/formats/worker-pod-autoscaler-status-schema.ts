import * as z from "zod";
import { conditions, lastDecision, lastScaling } from "./shared/status-schema.ts";

/** The `status` of WorkerPodAutoScaler objects: without it in the CRD the API server would drop what we write. */
export const workerPodAutoscalerStatus = z
  .object({
    CurrentMessages: z.int().describe("Messages in the queue at the last look, waiting and in flight.").optional(),
    CurrentReplicas: z.int().describe("Replicas that the workload is asked to have.").optional(),
    AvailableReplicas: z.int().describe("Replicas that are available.").optional(),
    DesiredReplicas: z.int().describe("Replicas that the last decision asked for.").optional(),
    LastScaleTime: z.iso.datetime().describe("When replicas were last changed, up or down.").optional(),
    observedGeneration: z.int().describe("The generation of the spec that this status speaks of.").optional(),
    conditions: conditions.optional(),
    lastDecision: lastDecision.optional(),
    lastScaling: lastScaling.optional(),
  })
  .describe("What was seen and decided. Written by the controller.");
