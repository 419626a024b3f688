import * as z from "zod";
import { sizeOf } from "./message.ts";
import { messageOperations } from "./message-operations.ts";
import { type Operation, type OperationContext, operation } from "./operation.ts";
import { SqsError } from "./sqs-error.ts";

const MAX_ENTRIES = 10;
const MAX_BATCH_BYTES = 1_048_576;

const entryShape = z.looseObject({ Id: z.string() });
type Entry = z.output<typeof entryShape>;

/** Operations that do the same to up to ten messages and tell of each whether it worked. */
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
