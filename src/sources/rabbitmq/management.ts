import { z } from "zod";
import type { Reading } from "../../core/index.ts";
import { type HttpClient, withPath } from "../shared/http.ts";
import { SourceError } from "../shared/source-error.ts";

/** Counts and rates are absent until the statistics of a new queue have been gathered once. */
const answerShape = z.object({
  messages_unacknowledged: z.number().optional(),
  message_stats: z.object({ publish_details: z.object({ rate: z.number() }).optional() }).optional(),
});

interface Where {
  readonly managementUrl: string;
  readonly virtualHost: string;
  readonly queue: string;
}

/** What AMQP does not tell of a queue. */
export async function readManagement(
  http: HttpClient,
  { managementUrl, virtualHost, queue }: Where,
  signal: AbortSignal,
): Promise<Pick<Reading, "inFlight" | "arrivalsPerMinute">> {
  const path = `api/queues/${encodeURIComponent(virtualHost)}/${encodeURIComponent(queue)}`;
  const answer = answerShape.safeParse(await http.json({ url: withPath(managementUrl, path), signal }));
  if (!answer.success) throw new SourceError("Malformed", "expected the management API's description of a queue");
  const { messages_unacknowledged: inFlight, message_stats: rates } = answer.data;
  const arrivals = rates?.publish_details?.rate;
  return {
    ...(inFlight === undefined ? {} : { inFlight }),
    ...(arrivals === undefined ? {} : { arrivalsPerMinute: arrivals * 60 }),
  };
}
