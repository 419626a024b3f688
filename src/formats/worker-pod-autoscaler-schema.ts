import * as z from "zod";
import { maxDisruptionText } from "./shared/max-disruption.ts";
import { NAME, OF_OBJECT } from "./shared/names.ts";
import { wholeNumber } from "./shared/whole-number.ts";

/** The `spec` that WorkerPodAutoScaler objects have: the parser and the CRD both come from it. */
export const workerPodAutoscalerSpec = z
  .object({
    minReplicas: wholeNumber(0).describe("Fewest replicas; 0 lets the workload sleep while its queue is empty."),
    maxReplicas: wholeNumber(0).describe("Most replicas. Where minReplicas is larger, maxReplicas is what counts."),
    deploymentName: z
      .string()
      .regex(NAME, OF_OBJECT)
      .optional()
      .describe("Deployment to scale, in the object's own namespace. Wins where replicaSetName is set too."),
    replicaSetName: z
      .string()
      .regex(NAME, OF_OBJECT)
      .optional()
      .describe("ReplicaSet to scale, in the object's own namespace."),
    queueURI: z
      .string()
      .min(1)
      .describe(
        "Address of the queue: https://sqs.<region>.amazonaws.com/<account>/<queue> or beanstalk://host:port/tube (port 11300 when left out).",
      ),
    targetMessagesPerWorker: wholeNumber(1).describe("Messages, waiting and in flight, that one worker should have."),
    secondsToProcessOneJob: z
      .number()
      .min(0)
      .nullish()
      .describe(
        "Seconds that one message takes a worker. With it, as many workers stay as the arriving messages keep busy, even while none waits. 0 or left out: off.",
      ),
    maxDisruption: maxDisruptionText
      .nullish()
      .describe(
        'How many workers one scale-down may take: "50%" of the present ones, rounded up, or "125". Left out: the controller\'s default.',
      ),
  })
  .describe("What to scale, on which queue, between which bounds.");

/** A spec as the schema leaves it. */
export type WorkerPodAutoscalerSpec = z.output<typeof workerPodAutoscalerSpec>;
