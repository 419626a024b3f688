import * as z from "zod";
import { journalEntry } from "../../journal/entry-schema.ts";

const change = z.union([
  z.object({ by: z.number(), to: z.number(), desiredReplicas: z.number() }),
  z.object({ because: z.string(), at: z.number().optional() }),
]);

const whatWouldChange = z.object({
  desiredReplicas: z.number(),
  later: z.object({ at: z.string(), afterSeconds: z.number(), desiredReplicas: z.number() }).optional(),
  signals: z.array(
    z.object({
      name: z.string(),
      of: z.enum(["value", "arrivalsPerMinute"]),
      now: z.number().nullable(),
      rise: change,
      fall: change,
    }),
  ),
  readAgain: z.array(z.object({ name: z.string(), desiredReplicas: z.number() })),
  without: z.array(z.object({ limit: z.string(), desiredReplicas: z.number() })),
});

/** What GET /api/v1/journal answers. */
export const journalAnswer = z.object({
  now: z.string(),
  leader: z.boolean(),
  autoscalers: z.array(z.object({ id: z.string(), kind: z.string(), namespace: z.string(), name: z.string() })),
  names: z.array(z.string()).optional(),
  entries: z.array(journalEntry),
});

/** What GET /api/v1/autoscalers/NAMESPACE/NAME answers, as far as it is printed. */
export const autoscalerAnswer = z.object({
  now: z.string(),
  leader: z.boolean(),
  conditions: z.array(
    z.object({
      ...{ type: z.string(), status: z.string(), reason: z.string(), message: z.string().default("") },
      lastTransitionTime: z.string().optional(),
    }),
  ),
  currentReplicas: z.number().optional(),
  newest: journalEntry.optional(),
  whatWouldChange: whatWouldChange.optional(),
});

export type WouldChange = z.output<typeof whatWouldChange>;
export type Change = z.output<typeof change>;
export type StoredCondition = z.output<typeof autoscalerAnswer>["conditions"][number];
