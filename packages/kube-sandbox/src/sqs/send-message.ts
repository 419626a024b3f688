import { createHash } from "node:crypto";
import * as z from "zod";
import type { OpenQueue } from "./account.ts";
import { attributesMd5, type MessageAttributes, md5, sizeOf } from "./message.ts";
import { type OperationContext, wholeNumber } from "./operation.ts";
import { invalidParameter, SqsError } from "./sqs-error.ts";

/** Characters that XML 1.0 cannot hold; SQS refuses them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are looked for
const UNSENDABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** The part of a send that a batch entry shares with a single message. */
export const newMessageShape = z.object({
  MessageBody: z.string(),
  DelaySeconds: wholeNumber(0, 900).optional(),
  MessageAttributes: z
    .record(
      z.string(),
      z.object({
        DataType: z.string().regex(/^(String|Number|Binary)/, "Must be String, Number or Binary."),
        StringValue: z.string().optional(),
        BinaryValue: z.string().optional(),
      }),
    )
    .default({}),
  MessageDeduplicationId: z.string().min(1).max(128).optional(),
  MessageGroupId: z.string().min(1).max(128).optional(),
});
type NewMessageInput = z.output<typeof newMessageShape>;

/** Sends one message to a queue and answers as SQS does. */
export function sendMessage({ name, queue }: OpenQueue, input: NewMessageInput, context: OperationContext): object {
  const { MessageBody: body, MessageAttributes: attributes } = input;
  checkContents(body, attributes, queue.attributes.number("MaximumMessageSize"));
  const isFifo = queue.isFifo;
  if (isFifo && input.MessageGroupId === undefined)
    throw new SqsError("MissingParameter", "The request must contain the parameter MessageGroupId.");
  if (isFifo && (input.DelaySeconds ?? 0) > 0)
    throw invalidParameter("DelaySeconds", input.DelaySeconds, "A FIFO queue delays all messages or none.");
  const deduplicationId = isFifo
    ? deduplicationIdOf(input, queue.attributes.is("ContentBasedDeduplication"))
    : undefined;
  const { id, sequence } = queue.send(
    {
      body,
      attributes,
      delaySeconds: isFifo ? undefined : input.DelaySeconds,
      groupId: input.MessageGroupId,
      deduplicationId,
    },
    context.senderId,
  );
  context.account.metrics.count(name, "NumberOfMessagesSent", 1);
  const attributesDigest = attributesMd5(attributes);
  return {
    MessageId: id,
    MD5OfMessageBody: md5(body),
    ...(attributesDigest && { MD5OfMessageAttributes: attributesDigest }),
    ...(isFifo && { SequenceNumber: String(sequence).padStart(20, "0") }),
  };
}

function checkContents(body: string, attributes: MessageAttributes, maxBytes: number): void {
  if (body === "") throw new SqsError("MissingParameter", "The request must contain the parameter MessageBody.");
  if (UNSENDABLE.test(body))
    throw new SqsError("InvalidMessageContents", "The message contains characters outside the allowed set.");
  if (Object.keys(attributes).length > 10)
    throw invalidParameter("MessageAttributes", Object.keys(attributes).length, "At most 10 are allowed.");
  if (sizeOf(body, attributes) > maxBytes)
    throw invalidParameter("MessageBody", `${body.slice(0, 20)}...`, `Message must be shorter than ${maxBytes} bytes.`);
}

function deduplicationIdOf(input: NewMessageInput, isByContent: boolean): string {
  if (input.MessageDeduplicationId !== undefined) return input.MessageDeduplicationId;
  if (isByContent) return createHash("sha256").update(input.MessageBody).digest("hex");
  throw new SqsError(
    "InvalidParameterValue",
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
  );
}
