import { SqsError } from "./sqs-error.ts";

/** A receipt handle names one hand-out of one message. */
export function receiptHandle(messageId: string, receipt: string): string {
  return Buffer.from(`${messageId} ${receipt}`).toString("base64");
}

/** The message and the hand-out that a receipt handle names. */
export function parseReceiptHandle(handle: string): [messageId: string, receipt: string] {
  const [messageId, receipt, ...rest] = Buffer.from(handle, "base64").toString().split(" ");
  if (!messageId || !receipt || rest.length > 0)
    throw new SqsError("ReceiptHandleIsInvalid", "The input receipt handle is invalid.");
  return [messageId, receipt];
}
