import { isFields, listAt, textAt } from "../objects/fields.ts";
import type { QueueConsumer } from "./queue-consumer.ts";

const WAIT_SECONDS = 5;
/** A message comes back when its worker needs this many times longer than it should, and at least so many seconds. */
const PATIENCE = 3;
const LEAST_VISIBILITY_SECONDS = 10;

/**
 * Consumes an SQS queue over SQS's JSON protocol, unsigned: for emulators on this machine. The endpoint is the queue
 * URL's own host unless another is given. A worker that is stopped while it waits may have been handed a message that
 * it never sees: that one comes back soon, too.
 */
export function sqsConsumer(
  queueUrl: string,
  secondsPerMessage: number,
  endpoint: string = new URL(queueUrl).origin,
): QueueConsumer {
  const visibilitySeconds = Math.ceil(Math.max(LEAST_VISIBILITY_SECONDS, PATIENCE * secondsPerMessage));

  async function call(action: string, input: object, signal?: AbortSignal): Promise<unknown> {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${action}` },
      body: JSON.stringify({ QueueUrl: queueUrl, ...input }),
      signal: signal ?? AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`expected ${action} to succeed, got ${response.status}: ${text.slice(0, 200)}`);
    return text === "" ? {} : JSON.parse(text);
  }
  return {
    async take(signal) {
      const input = { MaxNumberOfMessages: 1, WaitTimeSeconds: WAIT_SECONDS, VisibilityTimeout: visibilitySeconds };
      const bounded = AbortSignal.any([signal, AbortSignal.timeout((WAIT_SECONDS + 10) * 1000)]);
      try {
        const [message] = listAt(await call("ReceiveMessage", input, bounded), "Messages");
        if (!isFields(message)) return undefined;
        const ReceiptHandle = textAt(message, "ReceiptHandle");
        return { done: async () => void (await call("DeleteMessage", { ReceiptHandle })) };
      } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
      }
    },
    close: () => undefined,
  };
}
