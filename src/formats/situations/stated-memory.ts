import * as z from "zod";
import type { Autoscaler, Instant, Memory } from "../../core/index.ts";
import { describeProblem, schemaProblems } from "../problems.ts";

/** A line that cannot be parsed. */
export class LineError extends Error {
  override readonly name = "LineError";
}

/** A JSON text's value. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LineError(`expected JSON, got something else: ${(error as Error).message}`);
  }
}

const moment = {
  agoSeconds: z.number().min(0).nullish(),
  time: z.iso.datetime({ offset: true, error: "expected a time such as 2024-06-01T12:00:00Z" }).nullish(),
};
type Moment = z.output<z.ZodObject<typeof moment>>;

/** What windows and policies look back on: of a line, or of a manifest's status.memory, which has times. */
export const statedMemory = z.strictObject({
  recommendations: z
    .array(z.strictObject({ ...moment, replicas: z.int().min(0), inDoubt: z.boolean().nullish() }))
    .nullish(),
  scalings: z.array(z.strictObject({ ...moment, change: z.int() })).nullish(),
  activity: z.strictObject({ active: z.boolean(), agoSeconds: moment.agoSeconds, since: moment.time }).nullish(),
});
export type StatedMemory = z.output<typeof statedMemory>;

/** A manifest's status.memory; absent where it has none. Throws a LineError with all that is wrong with it. */
export function parseManifestMemory(document: unknown): StatedMemory | undefined {
  const { status } = (document ?? {}) as { readonly status?: { readonly memory?: unknown } };
  if (status?.memory === undefined || status.memory === null) return undefined;
  const parsed = statedMemory.safeParse(status.memory);
  if (parsed.success) return parsed.data;
  const problems = schemaProblems(parsed.error, status.memory, { under: ["autoscaler", "status", "memory"] });
  throw new LineError(problems.map(describeProblem).join("; "));
}

/** A stated memory as core has it, the newest last. Throws a LineError at what would be ignored. */
export function toMemory(
  { recommendations, scalings, activity }: StatedMemory,
  path: string,
  autoscaler: Autoscaler,
  now: Instant,
): Pick<Memory, "recommendations" | "scalings" | "activity"> {
  const looksBack = autoscaler.behavior !== undefined || autoscaler.profile === "worker-autoscaler-v1";
  refuseUnused(recommendations, looksBack, `${path}.recommendations`, "a window");
  refuseUnused(scalings, autoscaler.behavior !== undefined, `${path}.scalings`, "a policy");
  if (activity && autoscaler.scaleToZero === undefined) {
    throw new LineError(`${path}.activity: expected none, as spec.scaleToZero, which looks back on it, is not stated`);
  }
  return {
    ...(activity && {
      activity: {
        active: activity.active,
        since: toInstant({ agoSeconds: activity.agoSeconds, time: activity.since }, `${path}.activity`, now),
      },
    }),
    ...(recommendations && {
      recommendations: sortByTime(
        recommendations.map(({ replicas, inDoubt, ...moment }, index) => {
          const at = toInstant(moment, `${path}.recommendations[${index}]`, now);
          return inDoubt ? { at, replicas, inDoubt } : { at, replicas };
        }),
      ),
    }),
    ...(scalings && {
      scalings: sortByTime(
        scalings.map(({ change, ...moment }, index) => ({
          at: toInstant(moment, `${path}.scalings[${index}]`, now),
          change,
        })),
      ),
    }),
  };
}

function refuseUnused(
  stated: readonly unknown[] | null | undefined,
  isUsed: boolean,
  path: string,
  what: string,
): void {
  if (isUsed || !stated?.length) return;
  throw new LineError(
    `${path}: expected none, got ${stated.length}: they would be ignored, as ${what} of spec.behavior is what looks back on them`,
  );
}

function toInstant({ agoSeconds, time }: Moment, path: string, now: Instant): Instant {
  const isAgo = typeof agoSeconds === "number";
  if (isAgo === (typeof time === "string")) {
    throw new LineError(`${path}: expected either agoSeconds or time, got ${isAgo ? "both" : "neither"}`);
  }
  if (isAgo) return now - Math.round(agoSeconds * 1000);
  const at = Date.parse(time ?? "");
  if (at <= now) return at;
  throw new LineError(`${path}.time: expected a time before the line's (${new Date(now).toISOString()}), got ${time}`);
}

function sortByTime<Item extends { readonly at: Instant }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((one, other) => one.at - other.at);
}
