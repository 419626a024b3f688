import * as z from "zod";

const time = () => z.iso.datetime();

/** Conditions as every Kubernetes object has them. */
const conditions = z
  .array(
    z.object({
      type: z.string().describe("Ready, ScalingActive, ScalingLimited or FallbackActive."),
      status: z.enum(["True", "False", "Unknown"]).describe("Whether it is so."),
      reason: z.string().describe("One word for programs."),
      message: z.string().describe("A sentence for people."),
      lastTransitionTime: time().describe("When the status last changed."),
    }),
  )
  .describe(
    "Ready: it can do its work. ScalingActive: its readings can be trusted. ScalingLimited: a limit holds. FallbackActive: the fallback sets the number.",
  )
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] });

/** The last decision and its steps. */
const lastDecision = z
  .object({
    time: time().describe("When it was first made."),
    from: z.int().describe("Replicas before."),
    desiredReplicas: z.int().describe("Replicas asked for."),
    direction: z.enum(["up", "down", "none"]).describe("Whether replicas come, go or stay."),
    reason: z.string().describe("One word: the limit or rule that had the last say."),
    steps: z
      .array(
        z.object({
          rule: z.string().describe("Name of the rule."),
          from: z.int().describe("Replicas before it."),
          to: z.int().describe("Replicas after it."),
          because: z.string().describe("The rule's numbers, as a sentence."),
        }),
      )
      .describe("One entry for each rule that changed or held the number, in order."),
    wouldChange: z
      .array(z.string())
      .optional()
      .describe(
        "What would have changed that answer then: a time, numbers of the signals, limits. Sentences for people.",
      ),
  })
  .describe("The last decision that differed from the one before it, and why it was made.");

/** The last scaling, which stays when later decisions find nothing to do. */
const lastScaling = z
  .object({
    time: time().describe("When it was done."),
    from: z.int().describe("Replicas before."),
    to: z.int().describe("Replicas after."),
    reason: z.string().describe("Why: what the rules said, in their order."),
  })
  .describe("The last change of replicas that was made.");

/** The `status` of WorkerPodAutoScaler objects: without it in the CRD the API server would drop what we write. */
export const workerPodAutoscalerStatus = z
  .object({
    CurrentMessages: z.int().describe("Messages in the queue at the last poll, waiting and in flight.").optional(),
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
      variation: z
        .number()
        .optional()
        .describe("Deviation of the seconds of single messages, divided by their mean (coefficient of variation)."),
    })
    .optional()
    .describe("Of a drain rule: how long a message takes, as it has learned."),
  startUp: z
    .object({
      seconds: z.number().describe("Seconds from a pod's creation until it was ready: the median."),
      pods: z.int().describe("Number of pods that showed it."),
      time: time().describe("When pods showed it, or something near it."),
    })
    .optional()
    .describe("Of a drain rule with busyWorkers: how long pods take to start, as it has learned."),
  arrivals: z
    .object({
      perSecond: z.number().describe("Messages that arrive in a second."),
      trend: z.number().describe("Messages a second by which that changes within a minute."),
      minutes: z.int().describe("Number of minutes that were compared."),
      time: time().describe("When they were last written down: when they had changed by more than a little."),
      errors: z
        .array(z.number())
        .describe("Mean squares of the errors of means over 1, 2, 5 and 10 minutes, as forecasts of the next minute."),
      noise: z.number().describe("The mean square that chance alone would make, of messages in a minute."),
    })
    .optional()
    .describe("Of a drain rule: what arrives, as counted."),
  forecast: z
    .object({
      perSecond: z
        .number()
        .describe("Messages a second that are foretold for the quarter of an hour from that time on."),
      error: z
        .number()
        .describe("Mean absolute error of such forecasts over two days, as a share of what arrived (WAPE)."),
      naiveError: z.number().describe("The same share of the better one of 'as before' and 'as in a day on average'."),
      compared: z.int().describe("Number of forecasts that were compared with what arrived."),
      skilled: z.boolean().describe("Whether it is so much better that it may raise the number."),
      time: time().describe("When that quarter of an hour began."),
      memory: z
        .object({
          bins: z.int().describe("Number of quarters of an hour that were watched."),
          level: z.number().describe("Messages a second without the season."),
          error: z.number().describe("By how many messages a second the last quarter of an hour was different."),
          last: z.number().describe("Messages a second in the last quarter of an hour."),
          mean: z.number().describe("Messages a second in a day on average."),
          scale: z.number().describe("The largest number in day and week, in messages a second."),
          long: z
            .array(z.number())
            .describe("Mean errors over two days: its own, of both naive ones; and mean arrivals."),
          short: z.array(z.number()).describe("The same over six hours."),
          day: z.string().describe("The 96 quarters of an hour of a day, two digits of base 64 each."),
          week: z.string().describe("The 672 quarters of an hour of a week."),
        })
        .describe("What the next leader goes on from."),
    })
    .optional()
    .describe("Of a drain rule with a forecast: what it foretells, and how good that was."),
});

const recommendation = z.object({
  time: time().describe("When it was."),
  replicas: z.int().describe("How many replicas."),
  inDoubt: z
    .boolean()
    .optional()
    .describe("Whether the number was held as a signal could not be trusted: it then delays scale-downs only."),
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
    jobs: z
      .object({
        claimed: z.int().describe("Number of Jobs that have a name: the last one's number."),
        settled: z.int().describe("Number of the Job up to which all jobs are known to have been created."),
        failures: z.int().optional().describe("Jobs in a row that failed at once."),
        lastFailureTime: time().optional().describe("When the last of them failed."),
        generation: z.int().optional().describe("The generation of the spec that they were created from."),
      })
      .optional()
      .describe("With jobTemplate: which Jobs were created, so that none is created twice."),
    workers: z
      .object({
        time: time().describe("When they were last seen: before a scale-down alone."),
        pods: z.int().optional().describe("Number of pods that are there and do not end yet."),
        busy: z
          .int()
          .optional()
          .describe("Number of busy pods: those that work, are protected, or are not known to be idle."),
        idle: z.int().optional().describe("Number of idle pods that a scale-down can take."),
        according: z.string().optional().describe("Who said so."),
        startUp: z
          .object({
            seconds: z.number().describe("Seconds from a pod's creation until it was ready: the median."),
            pods: z.int().describe("Number of pods that showed it."),
          })
          .optional()
          .describe("How long pods took to start, by their own times."),
        busyPods: z.array(z.string()).optional().describe("Names of busy pods, ten at most."),
        unknown: z
          .string()
          .optional()
          .describe("Why it is not known which pods are busy. Every pod then counts as busy."),
      })
      .optional()
      .describe("With busyWorkers: who is busy."),
    memory: z
      .object({
        activity: z
          .object({
            active: z.boolean().describe("Whether any signal is active."),
            since: time().describe("Since when."),
          })
          .optional()
          .describe("With scaleToZero: whether there is anything to do."),
        recommendations: z.array(recommendation).optional().describe("Recent recommendations."),
        scalings: z.array(scaling).optional().describe("Recent scalings."),
        heldByBusySince: time().optional().describe("Since when busy workers have held a scale-down up."),
      })
      .describe("What windows and policies still use; for the next leader.")
      .optional(),
  })
  .describe("What was seen and decided. Written by the controller.");
