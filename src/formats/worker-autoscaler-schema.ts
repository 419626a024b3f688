import * as z from "zod";
import { busyWorkersField } from "./busy-workers.ts";
import { lineName, maxDisruptionText, NAME, OF_OBJECT, wholeNumber } from "./field-schemas.ts";
import { jobs, jobTemplate } from "./job-template.ts";

const MONTH_SECONDS = 30 * 24 * 3600;
const seconds = (min: number, max = MONTH_SECONDS) => wholeNumber(min, max);
const positive = () => z.number("expected a number").positive("expected a number above 0");
const duration = () => positive().max(MONTH_SECONDS, `expected at most ${MONTH_SECONDS} (30 days)`);
const tolerance = () =>
  z.number().min(0).max(1).default(0.1).describe("A change of at most this share of the present replicas is not made.");

const keepsInFlight = () =>
  wholeNumber(1, 10_000)
    .optional()
    .describe("Messages that a replica works on at once: as many replicas stay as those in flight keep busy.");

const backlog = z
  .object({
    messagesPerReplica: positive().describe("Messages, waiting and in flight, that one replica should have."),
    tolerance: tolerance(),
    concurrency: keepsInFlight(),
  })
  .describe("As many replicas as the unfinished messages need.");

const throughput = z
  .object({
    secondsPerMessage: positive().describe("Seconds that one message takes a replica."),
    utilization: positive()
      .max(1)
      .default(1)
      .describe("Share of a replica's time that may be busy, above 0 and up to 1."),
  })
  .describe(
    "As many replicas as the arriving messages keep busy. Needs a source that reports arrivals, or messages a minute as its value.",
  );

const perReplica = z
  .object({
    value: positive().describe("How much of the value one replica takes, in whole thousandths."),
    activationValue: z.number().default(0).describe("Above 0: at or below this value no replica is asked for."),
    tolerance: tolerance().describe(
      "The number stays while value / (perReplica.value x replicas) differs from 1 by at most this, as under HorizontalPodAutoscalers.",
    ),
    concurrency: keepsInFlight(),
  })
  .describe("The value shared out among replicas, rounded up.");

const band = z
  .object({
    low: z
      .number()
      .optional()
      .describe("Lower end of the band in which nothing is done. With high; or threshold and margin."),
    high: z.number().optional().describe("Upper end of the band."),
    threshold: z.number().optional().describe("Middle of the band. With margin; or low and high."),
    margin: z.number().min(0).optional().describe("Half the width of the band."),
    direction: z
      .enum(["HighIsBusy", "HighIsIdle"])
      .default("HighIsBusy")
      .describe(
        "HighIsBusy: above the band scale up, such as lag. HighIsIdle: above it scale down, such as free capacity.",
      ),
    stepUp: wholeNumber(1).default(1).describe("Replicas of one step up."),
    stepDown: wholeNumber(1).default(1).describe("Replicas of one step down."),
  })
  .describe("Inside the band nothing; outside, one step each poll interval.");

const drain = z
  .object({
    withinSeconds: duration()
      .optional()
      .describe("The objective in short: 99 of 100 messages begin within this many seconds. Either this or objective."),
    objective: z
      .object({
        share: z
          .number("expected a number")
          .min(0.5, "expected 0.5 or more")
          .max(0.9999, "expected at most 0.9999")
          .describe("Share of messages that should begin in time, such as 0.95."),
        withinSeconds: duration().describe("Seconds that they should wait at most."),
      })
      .optional()
      .describe("The objective in full: a share of messages, and the seconds within which they begin."),
    prefer: z
      .enum(["Cost", "Wait"])
      .default("Cost")
      .describe(
        "Cost: the fewest worker-hours that keep the objective, with messages that wait a third of it. Wait: short waits, with replicas in reserve.",
      ),
    secondsPerMessage: duration()
      .optional()
      .describe(
        "Seconds that one message takes a replica. Corrected by what is learned, to a quarter or four times of it at most. Left out: learned, which needs a source that counts arrivals or finished messages.",
      ),
    concurrency: wholeNumber(1, 10_000).default(1).describe("Messages that a replica works on at once."),
    headroom: z
      .number("expected a number")
      .min(0, "expected 0 or more")
      .max(10, "expected at most 10")
      .default(0)
      .describe(
        "Replicas in reserve, in square roots of the busy ones: 0 is cheapest and suits an objective of minutes, with 1 hardly any message waits, with 2 next to none.",
      ),
    startUpSeconds: seconds(1, 3600)
      .default(30)
      .describe(
        "Seconds until a new replica takes its first message. The rule waits that long for the effect of a step. With busyWorkers corrected by what pods show, to a quarter or four times of it at most.",
      ),
    forecast: z
      .enum(["Off", "Shadow", "Raise"])
      .optional()
      .describe(
        "A forecast of arrivals from earlier days and weeks. Shadow: the status shows how good it is. Raise: it may raise the number, while it has been clearly better than naive forecasts for two days. Left out: Off.",
      ),
  })
  .describe("As many replicas as begin what waits within an objective, and never fewer than are working on messages.");

function signal<Source extends z.ZodType>(source: Source) {
  return z.object({
    name: lineName(z.string().min(1).max(63)).describe(
      "Unique in this object: decisions, metrics and status name the signal by it.",
    ),
    source: source.describe("What to read: exactly one source."),
    freshnessSeconds: seconds(1).default(120).describe("Seconds after which a reading is too old to lower anything."),
    whenMissing: z
      .enum(["Hold", "Fallback", "Zero"])
      .default("Hold")
      .describe(
        "Without a trustworthy reading: Hold never lowers, Fallback goes to spec.fallback, Zero counts as no work.",
      ),
    emptyValue: z
      .number("expected a number")
      .optional()
      .describe(
        "The value that an answer without data (no series, no row) counts as. Left out: a missing reading, see whenMissing.",
      ),
    activeAbove: z
      .number("expected a number")
      .optional()
      .describe("With spec.scaleToZero: the signal is active above this value. Left out: 0."),
    backlog: backlog.optional(),
    throughput: throughput.optional(),
    perReplica: perReplica.optional(),
    band: band.optional(),
    drain: drain.optional(),
  });
}

const policy = z.object({
  type: z.enum(["Pods", "Percent"]).describe("Whether value is a count or a percentage of the replicas."),
  value: wholeNumber(1).describe("Replicas, or percent of them, that may come or go within a period."),
  periodSeconds: seconds(1, 1800).describe("Length of the period, in seconds, up to 1800."),
});

const scalingRules = z.object({
  tolerance: z
    .number("expected a number")
    .min(0, "expected 0 or more")
    .optional()
    .describe("In this direction, in place of the tolerance of signals with a perReplica rule."),
  stabilizationWindowSeconds: seconds(0, 3600)
    .optional()
    .describe("Seconds over which recommendations are held against each other."),
  selectPolicy: z
    .enum(["Max", "Min", "Disabled"])
    .default("Max")
    .describe("Which policy counts: the one that allows most, least, or no change at all."),
  policies: z.array(policy).optional().describe("Limits of the rate. Left out: autoscaling/v2's defaults."),
});

const window = z.object({
  name: lineName().describe("Name of the window."),
  start: z.string().min(1).describe('Cron expression of its beginning, such as "0 8 * * MON-FRI".'),
  end: z.string().optional().describe("Cron expression of its end. Or durationSeconds."),
  durationSeconds: seconds(1).optional().describe("Length in seconds. Or end."),
  timeZone: z.string().default("UTC").describe("IANA time zone, such as Europe/Berlin."),
  minReplicas: wholeNumber(0).optional().describe("Fewest replicas while it lasts."),
  maxReplicas: wholeNumber(0).optional().describe("Most replicas while it lasts."),
});

const scaleToZero = z
  .object({
    cooldownSeconds: seconds(0)
      .default(300)
      .describe("Seconds without an active signal before all replicas go, at once."),
    initialCooldownSeconds: seconds(0)
      .default(0)
      .describe("Seconds after this object was made before all replicas go, where no signal was ever active."),
    activeReplicas: wholeNumber(1).default(1).describe("Fewest replicas while a signal is active."),
    despiteDisabled: z
      .boolean()
      .default(false)
      .describe("Whether these steps are taken in a direction whose selectPolicy is Disabled, too."),
  })
  .describe(
    "The steps between zero and one replica by whether any signal is above its activeAbove, as KEDA takes them; only while minReplicas is 0.",
  );

/** The `spec` of a WorkerAutoscaler. The schemas are those of a signal's source, and of one that lists its consumers. */
export function workerAutoscalerSpec<Source extends z.ZodType, Consumers extends z.ZodType>(
  source: Source,
  consumers: Consumers,
) {
  return z
    .object({
      scaleTargetRef: z
        .object({
          apiVersion: z
            .string()
            .regex(/^[A-Za-z0-9.-]+(\/[A-Za-z0-9.-]+)?$/, "expected a group and a version, such as apps/v1")
            .default("apps/v1")
            .describe("Such as apps/v1."),
          kind: z
            .string()
            .min(1)
            .regex(/^[A-Za-z0-9]+$/, "expected a kind, such as Deployment")
            .describe("Such as Deployment; anything with a scale subresource."),
          name: z.string().min(1).regex(NAME, OF_OBJECT).describe("Its name, in this object's namespace."),
        })
        .optional()
        .describe("The workload to scale. Or jobTemplate."),
      jobTemplate: jobTemplate.optional(),
      jobs: jobs.optional(),
      minReplicas: wholeNumber(0).default(0).describe("Fewest replicas; 0 lets the workload sleep."),
      maxReplicas: wholeNumber(1).describe("Most replicas."),
      mode: z
        .enum(["Active", "DryRun", "Paused"])
        .default("Active")
        .describe("DryRun decides and reports but never scales. Paused holds the present number, or pausedReplicas."),
      pausedReplicas: wholeNumber(0).optional().describe("Replicas to hold while paused."),
      pollIntervalSeconds: seconds(1, 24 * 3600)
        .optional()
        .describe("Longest time between two polls, in seconds."),
      cooldownSeconds: seconds(0)
        .optional()
        .describe(
          "Seconds after a scaling, up or down, before a scale-down. Left out: 300, or 60 where all signals have a drain rule.",
        ),
      signals: z.array(signal(source)).min(1).max(20).describe("What to scale on; the largest recommendation wins."),
      behavior: z
        .object({
          algorithm: z
            .enum(["AutoscalingV2", "AutoscalingV1"])
            .default("AutoscalingV2")
            .describe(
              "AutoscalingV2: scaleUp and scaleDown, as stated. AutoscalingV1: what Kubernetes does for a HorizontalPodAutoscaler without behavior; the highest recommendation of 5 minutes counts, and one scale-up at most doubles the replicas, or goes to 4.",
            ),
          scaleUp: scalingRules.optional().describe("Limits on the way up."),
          scaleDown: scalingRules.optional().describe("Limits on the way down."),
        })
        .optional()
        .describe("Stabilization and rate limits, with the meaning that they have in autoscaling/v2."),
      maxDisruption: maxDisruptionText
        .optional()
        .describe('How many replicas one scale-down may take: "50%" of the present ones, rounded up, or "125".'),
      fallback: z
        .object({
          replicas: wholeNumber(0).describe("Replicas to go to."),
          approach: z
            .enum(["Stepwise", "AtOnce"])
            .default("AtOnce")
            .describe("One step each poll interval, or at once."),
          afterSeconds: seconds(0).default(120).describe("Seconds without a trustworthy reading before it begins."),
          appliesTo: z
            .enum(["All", "Each"])
            .default("All")
            .describe(
              "All: only while no signal can be trusted. Each: a signal in doubt asks for these replicas beside the others, and behavior holds.",
            ),
          direction: z
            .enum(["Both", "UpOnly", "DownOnly"])
            .default("Both")
            .describe("UpOnly never goes below the present number, DownOnly never above it."),
        })
        .optional()
        .describe("What to do while signals cannot be trusted, for those whose whenMissing is Fallback."),
      scaleToZero: scaleToZero.optional(),
      busyWorkers: busyWorkersField(consumers).optional(),
      schedule: z.array(window).max(50).optional().describe("Windows of the calendar with bounds of their own."),
    })
    .describe("What to scale, on which signals, within which limits.");
}

/** Any source's settings: each source checks its own. */
export const anySource = z.record(
  z.string(),
  z.record(z.string(), z.unknown(), "expected a mapping"),
  "expected a mapping",
);

export type WorkerAutoscalerSpec = z.output<
  ReturnType<typeof workerAutoscalerSpec<typeof anySource, typeof anySource>>
>;
export type WorkerAutoscalerSignal = WorkerAutoscalerSpec["signals"][number];
