import * as z from "zod";
import { SourceError } from "../shared/source-error.ts";

const answerShape = z.array(
  z.object({ target: z.string().optional(), datapoints: z.array(z.tuple([z.number().nullable(), z.number()])) }),
);

/** The points of the only series in an answer of the render API: value and second; undefined where there is none. */
export function pointsOf(given: unknown, query: string): readonly (readonly [number | null, number])[] | undefined {
  const answer = answerShape.safeParse(given);
  if (!answer.success)
    throw new SourceError("Malformed", "expected the render API's list of series with their datapoints");
  const [series, ...others] = answer.data;
  if (others.length > 0) {
    throw new SourceError("Malformed", `expected one series, got ${answer.data.length}: narrow the query ${query}`);
  }
  return series?.datapoints;
}
