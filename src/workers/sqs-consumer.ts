import type { QueueConsumer } from "./worker.ts";

const WAIT_SECONDS = 5;
/** A message becomes visible again when its worker needs this many times longer than it should. */
const PATIENCE = 3;
const LEAST_VISIBILITY_SECONDS = 10;

interface ReceivedMessages {
  readonly Messages?: readonly { readonly ReceiptHandle: string }[];
}

/**
 * Consumes an SQS queue over SQS's JSON protocol, unsigned: for emulators on this machine. The default endpoint is the
 * host of the queue's URL. SQS may hand a message to a worker that stops at the same moment and never sees it: the short
 * visibility timeout brings that message back soon.
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
        const { Messages = [] } = (await call("ReceiveMessage", input, bounded)) as ReceivedMessages;
        const ReceiptHandle = Messages[0]?.ReceiptHandle;
        if (ReceiptHandle === undefined) return undefined;
        return { done: async () => void (await call("DeleteMessage", { ReceiptHandle })) };
      } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
      }
    },
    close: () => undefined,
  };
}
