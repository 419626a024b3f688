import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { FAILURE_KINDS, type Reading } from "../../src/core/index.ts";

const reading = z.strictObject({
  value: z.number(),
  waiting: z.number().optional(),
  inFlight: z.number().optional(),
  arrived: z.number().optional(),
  completed: z.number().optional(),
  arrivalsPerMinute: z.number().optional(),
  idleWorkers: z.union([z.number(), z.literal("all")]).optional(),
});

const moment = z.strictObject({
  at: z.number().describe("Seconds since the start"),
  readings: z
    .record(
      z.string(),
      z.union([z.number(), reading, z.strictObject({ failure: z.enum(FAILURE_KINDS) }), z.literal("hang")]),
    )
    .optional()
    .describe("From now on, by signal name, what a look sees"),
  replicas: z.number().optional().describe("Somebody else sets the workload's replicas"),
  clockStep: z.number().optional().describe("Somebody sets the system clock, by so many seconds"),
});

const scenario = z.strictObject({
  about: z.string(),
  autoscaler: z.record(z.string(), z.unknown()).describe("A manifest, of any format"),
  replicas: z.number().describe("Of the workload, at the start"),
  waits: z.boolean().default(false).describe("Whether the source can be waited on"),
  timeline: z.array(moment),
  expect: z.array(
    z.strictObject({
      at: z.number().describe("Seconds since the start, after all that happens then"),
      replicas: z.number().optional(),
      conditions: z.record(z.string(), z.string()).optional().describe("By type: status and reason"),
    }),
  ),
  scalings: z.array(z.string()).optional().describe('All of them, in order: "0 -> 5"'),
});

/** Traffic in, decisions out: one story about one autoscaler, for whatever can play it. */
export type Scenario = z.output<typeof scenario> & { readonly file: string };
export type Moment = z.output<typeof moment>;

/** All scenarios of test/scenarios. */
export function scenarios(): readonly Scenario[] {
  const folder = join("test", "scenarios");
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => ({ file, ...scenario.parse(parse(readFileSync(join(folder, file), "utf8"))) }));
}

/** A reading as a look gives it: without what the scenario does not say. */
export function readingIn(said: z.output<typeof reading>): Omit<Reading, "at"> {
  const known = Object.entries(said).filter(([, number]) => number !== undefined);
  return { ...Object.fromEntries(known), value: said.value };
}
