import * as z from "zod";

const time = () => z.iso.datetime();

/** Conditions as every Kubernetes object has them. */
export const conditions = z
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
export const lastDecision = z
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
export const lastScaling = z
  .object({
    time: time().describe("When it was done."),
    from: z.int().describe("Replicas before."),
    to: z.int().describe("Replicas after."),
    reason: z.string().describe("Why: what the rules said, in their order."),
  })
  .describe("The last change of replicas that was made.");
