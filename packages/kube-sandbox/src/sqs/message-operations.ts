import * as z from "zod";
import { attributesMd5, type Message, md5 } from "./message.ts";
import { type Operation, operation, wholeNumber } from "./operation.ts";
import { parseReceiptHandle, receiptHandle } from "./receipt.ts";
import { newMessageShape, sendMessage } from "./send-message.ts";

const QueueUrl = z.string();
const names = z.array(z.string()).optional();

/** Operations on single messages. */
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

/** A message as ReceiveMessage gives it. */
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
