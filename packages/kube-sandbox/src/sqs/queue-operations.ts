import * as z from "zod";
import { type OpenQueue, type Operation, type OperationContext, operation, wholeNumber } from "./account.ts";
import { SETTABLE_ATTRIBUTES } from "./queue-attributes.ts";
import { SqsError } from "./sqs-error.ts";

const QueueUrl = z.string();
const Attributes = z.record(z.string(), z.string()).default({});

/** The attributes that SQS itself computes. */
const COMPUTED = [
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesNotVisible",
  "ApproximateNumberOfMessagesDelayed",
  "CreatedTimestamp",
  "LastModifiedTimestamp",
  "QueueArn",
];
export const queueOperations: Readonly<Record<string, Operation>> = {
  CreateQueue: operation(z.object({ QueueName: z.string(), Attributes }), ({ QueueName, Attributes }, context) => ({
    QueueUrl: urlOf(context.account.create(QueueName, Attributes), context),
  })),

  DeleteQueue: operation(z.object({ QueueUrl }), ({ QueueUrl }, { account }) => {
    account.delete(account.at(QueueUrl).name);
    return {};
  }),

  GetQueueUrl: operation(z.object({ QueueName: z.string() }), ({ QueueName }, context) => ({
    QueueUrl: urlOf(context.account.named(QueueName), context),
  })),

  ListQueues: operation(
    z.object({
      QueueNamePrefix: z.string().optional(),
      MaxResults: wholeNumber(1, 1000).default(1000),
      NextToken: z.string().optional(),
    }),
    ({ QueueNamePrefix, MaxResults, NextToken }, context) => {
      const { account } = context;
      const names = account.names(QueueNamePrefix).filter((name) => NextToken === undefined || name > NextToken);
      const page = names.slice(0, MaxResults);
      return {
        QueueUrls: page.map((name) => urlOf(account.named(name), context)),
        ...(names.length > page.length && { NextToken: page.at(-1) }),
      };
    },
  ),

  SetQueueAttributes: operation(
    z.object({ QueueUrl, Attributes: z.record(z.string(), z.string()) }),
    ({ QueueUrl, Attributes }, { account }) => {
      const { queue } = account.at(QueueUrl);
      if ("FifoQueue" in Attributes)
        throw new SqsError("InvalidAttributeName", "FifoQueue is set when a queue is made.");
      queue.attributes.set(Attributes);
      queue.modifiedAt = account.clock.now();
      return {};
    },
  ),

  GetQueueAttributes: operation(
    z.object({ QueueUrl, AttributeNames: z.array(z.string()).default([]) }),
    ({ QueueUrl, AttributeNames }, { account }) => {
      const unknown = AttributeNames.find(
        (name) => name !== "All" && ![...COMPUTED, ...SETTABLE_ATTRIBUTES].includes(name),
      );
      if (unknown !== undefined)
        throw new SqsError("InvalidAttributeName", `Unknown Attribute ${unknown.slice(0, 100)}.`);
      const all = attributesOf(account.at(QueueUrl));
      const wanted = AttributeNames.includes("All") ? Object.keys(all) : AttributeNames;
      const found = wanted.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]]));
      return found.length === 0 ? {} : { Attributes: Object.fromEntries(found) };
    },
  ),

  PurgeQueue: operation(z.object({ QueueUrl }), ({ QueueUrl }, { account }) => {
    account.at(QueueUrl).queue.purge();
    return {};
  }),
};

function attributesOf({ queue }: OpenQueue): Record<string, string> {
  const { ready, inFlight, delayed } = queue.counts();
  return {
    ...queue.attributes.shown(),
    ApproximateNumberOfMessages: String(ready),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    QueueArn: queue.arn,
  };
}

function urlOf({ name }: OpenQueue, { url, account }: OperationContext): string {
  return `${url}/${account.id}/${name}`;
}
