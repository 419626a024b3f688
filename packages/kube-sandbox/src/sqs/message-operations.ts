import { createHash } from "node:crypto";
import * as z from "zod";
import { type OpenQueue, type Operation, type OperationContext, operation, wholeNumber } from "./account.ts";
import { attributesMd5, type Message, type MessageAttributes, md5, sizeOf } from "./message.ts";
import { invalidParameter, SqsError } from "./sqs-error.ts";

/** Characters that XML 1.0 does not allow; SQS refuses them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are looked for
const UNSENDABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** The part of a send that a batch entry shares with a single message. */
const newMessageShape = z.object({
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

function sendMessage({ name, queue }: OpenQueue, input: NewMessageInput, context: OperationContext): object {
  const { MessageBody: body, MessageAttributes: attributes } = input;
  checkContents(body, attributes, queue.attributes.number("MaximumMessageSize"));
  const { isFifo } = queue;
  if (isFifo) checkFifo(input);
  const { id, sequence } = queue.send(
    {
      body,
      attributes,
      delaySeconds: isFifo ? undefined : input.DelaySeconds,
      groupId: input.MessageGroupId,
      deduplicationId: isFifo ? deduplicationIdOf(input, queue) : undefined,
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

function checkFifo({ MessageGroupId, DelaySeconds = 0 }: NewMessageInput): void {
  if (MessageGroupId === undefined)
    throw new SqsError("MissingParameter", "The request must contain the parameter MessageGroupId.");
  if (DelaySeconds > 0)
    throw invalidParameter("DelaySeconds", DelaySeconds, "A FIFO queue delays all messages or none.");
}

function deduplicationIdOf(input: NewMessageInput, { attributes }: OpenQueue["queue"]): string {
  if (input.MessageDeduplicationId !== undefined) return input.MessageDeduplicationId;
  if (attributes.is("ContentBasedDeduplication")) return createHash("sha256").update(input.MessageBody).digest("hex");
  throw new SqsError(
    "InvalidParameterValue",
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
  );
}

const QueueUrl = z.string();
const names = z.array(z.string()).optional();

export const messageOperations: Readonly<Record<string, Operation>> = {
  SendMessage: operation(newMessageShape.extend({ QueueUrl }), (input, context) =>
    sendMessage(context.account.at(input.QueueUrl), input, context),
  ),

  ReceiveMessage: operation(
    z.object({
      QueueUrl,
      MaxNumberOfMessages: wholeNumber(1, 10).default(1),
      VisibilityTimeout: wholeNumber(0, 43_200).optional(),
      WaitTimeSeconds: wholeNumber(0, 20).optional(),
      AttributeNames: names,
      MessageSystemAttributeNames: names,
      MessageAttributeNames: names,
    }),
    async (input, { account, signal }) => {
      const { name, queue, polls } = account.at(input.QueueUrl);
      const seconds = input.WaitTimeSeconds ?? queue.attributes.number("ReceiveMessageWaitTimeSeconds");
      const request = { max: input.MaxNumberOfMessages, visibilitySeconds: input.VisibilityTimeout, seconds };
      const messages = await polls.receive(request, signal);
      account.metrics.count(name, "NumberOfMessagesReceived", messages.length);
      if (messages.length === 0) {
        account.metrics.count(name, "NumberOfEmptyReceives", 1);
        return {};
      }
      const system = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
      return { Messages: messages.map((message) => shown(message, system, input.MessageAttributeNames ?? [])) };
    },
  ),

  DeleteMessage: operation(z.object({ QueueUrl, ReceiptHandle: z.string() }), (input, { account }) => {
    const { name, queue } = account.at(input.QueueUrl);
    queue.delete(...parseReceiptHandle(input.ReceiptHandle));
    account.metrics.count(name, "NumberOfMessagesDeleted", 1);
    return {};
  }),

  ChangeMessageVisibility: operation(
    z.object({ QueueUrl, ReceiptHandle: z.string(), VisibilityTimeout: wholeNumber(0, 43_200) }),
    (input, { account }) => {
      const { queue } = account.at(input.QueueUrl);
      queue.changeVisibility(...parseReceiptHandle(input.ReceiptHandle), input.VisibilityTimeout);
      return {};
    },
  ),
};

function shown(message: Message, systemNames: readonly string[], attributeNames: readonly string[]): object {
  const attributes = Object.fromEntries(
    Object.entries(message.attributes).filter(([name]) => isWanted(name, attributeNames)),
  );
  const system = Object.entries(systemAttributes(message)).filter(
    ([name, value]) => value !== undefined && (systemNames.includes("All") || systemNames.includes(name)),
  );
  const digest = attributesMd5(attributes);
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle(message.id, message.receipt ?? ""),
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(digest && { MessageAttributes: attributes, MD5OfMessageAttributes: digest }),
  };
}

function isWanted(name: string, wanted: readonly string[]): boolean {
  return wanted.some((each) =>
    each.endsWith("*") ? name.startsWith(each.slice(0, -1)) : each === "All" || each === name,
  );
}

function systemAttributes(message: Message): Record<string, string | undefined> {
  return {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    ...(message.deduplicationId !== undefined && { SequenceNumber: String(message.sequence).padStart(20, "0") }),
    DeadLetterQueueSourceArn: message.deadLetterSource,
  };
}

const MAX_ENTRIES = 10;
const MAX_BATCH_BYTES = 1_048_576;

const entryShape = z.looseObject({ Id: z.string() });
type Entry = z.output<typeof entryShape>;

/** Operations on up to ten messages, with a result for each. */
export const batchOperations: Readonly<Record<string, Operation>> = {
  SendMessageBatch: batchOf("SendMessage", (entries) => {
    const bytes = entries.reduce((sum, { MessageBody }) => sum + sizeOf(String(MessageBody ?? ""), {}), 0);
    if (bytes > MAX_BATCH_BYTES)
      throw new SqsError("BatchRequestTooLong", `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes.`);
  }),
  DeleteMessageBatch: batchOf("DeleteMessage"),
  ChangeMessageVisibilityBatch: batchOf("ChangeMessageVisibility"),
};

function batchOf(single: string, check: (entries: readonly Entry[]) => void = () => undefined): Operation {
  return operation(
    z.object({ QueueUrl: z.string(), Entries: z.array(entryShape) }),
    ({ QueueUrl, Entries }, context) => {
      checkEntries(Entries);
      check(Entries);
      context.account.at(QueueUrl);
      const outcomes = Entries.map((entry) => attempt(single, QueueUrl, entry, context));
      return {
        Successful: outcomes.flatMap(({ success }) => (success === undefined ? [] : [success])),
        Failed: outcomes.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
      };
    },
  );
}

function checkEntries(entries: readonly Entry[]): void {
  if (entries.length === 0)
    throw new SqsError("EmptyBatchRequest", "There should be at least one entry in the request.");
  if (entries.length > MAX_ENTRIES)
    throw new SqsError("TooManyEntriesInBatchRequest", `Maximum number of entries per request are ${MAX_ENTRIES}.`);
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
    throw new SqsError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
}

function attempt(single: string, queueUrl: string, entry: Entry, context: OperationContext) {
  try {
    const done = messageOperations[single]?.({ ...entry, QueueUrl: queueUrl }, context);
    return { success: { Id: entry.Id, ...(done as object) } };
  } catch (error) {
    if (!(error instanceof SqsError)) throw error;
    return {
      failure: { Id: entry.Id, Code: error.queryCode, Message: error.message, SenderFault: error.status < 500 },
    };
  }
}

function receiptHandle(messageId: string, receipt: string): string {
  return Buffer.from(`${messageId} ${receipt}`).toString("base64");
}

/** The message and the receive that a receipt handle names. */
function parseReceiptHandle(handle: string): [messageId: string, receipt: string] {
  const [messageId, receipt, ...rest] = Buffer.from(handle, "base64").toString().split(" ");
  if (!messageId || !receipt || rest.length > 0)
    throw new SqsError("ReceiptHandleIsInvalid", "The input receipt handle is invalid.");
  return [messageId, receipt];
}
