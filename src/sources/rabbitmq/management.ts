import * as z from "zod";
import type { Reading } from "../../core/index.ts";
import { type HttpClient, withPath } from "../shared/http.ts";
import { SourceError } from "../shared/source-error.ts";

/** Both are absent until the statistics of a queue have been gathered once, and a rate until something was published. */
const answerShape = z.object({
  messages_unacknowledged: z.number().optional(),
  message_stats: z
    .object({
      publish: z.number().optional(),
      publish_details: z.object({ rate: z.number() }).optional(),
      ack: z.number().optional(),
      deliver_no_ack: z.number().optional(),
      get_no_ack: z.number().optional(),
    })
    .optional(),
});

type Stats = z.output<typeof answerShape>["message_stats"];

interface Where {
  readonly managementUrl: string;
  readonly virtualHost: string;
  readonly queue: string;
}

/** What AMQP does not tell of a queue. A count that is not there fails the look: what workers hold is not nothing. */
export async function readManagement(
  http: HttpClient,
  { managementUrl, virtualHost, queue }: Where,
  signal: AbortSignal,
): Promise<{ readonly inFlight: number } & Pick<Reading, "arrivalsPerMinute" | "arrived" | "completed">> {
  const path = `api/queues/${encodeURIComponent(virtualHost)}/${encodeURIComponent(queue)}`;
  const answer = answerShape.safeParse(await http.json({ url: withPath(managementUrl, path), signal, errorIn }));
  if (!answer.success) throw new SourceError("Malformed", "expected the management API's description of a queue");
  const { messages_unacknowledged: inFlight, message_stats: rates } = answer.data;
  if (inFlight === undefined) {
    throw new SourceError("NotFound", `the management API does not count the unacknowledged messages of ${queue} yet`);
  }
  const arrivals = rates?.publish_details?.rate;
  return { inFlight, ...(arrivals === undefined ? {} : { arrivalsPerMinute: arrivals * 60 }), ...counters(rates) };
}

/** The two fields of the management API's errors, and nothing beside them. */
const errorShape = z.strictObject({ error: z.string(), reason: z.string() });

function errorIn(answer: unknown): string | undefined {
  const { data } = errorShape.safeParse(answer);
  return data && `${data.error}: ${data.reason}`;
}

/** A counter appears with the first message that it counts. */
function counters({ publish, ack = 0, deliver_no_ack = 0, get_no_ack = 0 }: Stats = {}) {
  return publish === undefined ? {} : { arrived: publish, completed: ack + deliver_no_ack + get_no_ack };
}
