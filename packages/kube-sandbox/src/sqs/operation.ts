import * as z from "zod";
import type { Account } from "./account.ts";
import { invalidParameter, SqsError } from "./sqs-error.ts";

/** What an operation uses besides its input. */
export interface OperationContext {
  readonly account: Account;
  /** The address of this server, for the URLs of queues. */
  readonly url: string;
  /** The access key that signed the request. */
  readonly senderId: string;
  /** Aborts when the caller disconnects. */
  readonly signal: AbortSignal;
}

/** One action of the protocol: validates its input and performs it. */
export type Operation = (input: unknown, context: OperationContext) => unknown;

/** Declares an operation by the shape of its input. */
export function operation<Shape extends z.ZodObject>(
  shape: Shape,
  run: (input: z.output<Shape>, context: OperationContext) => unknown,
): Operation {
  return (input, context) => {
    const parsed = shape.safeParse(input);
    if (!parsed.success) throw asSqsError(parsed.error, input);
    return run(parsed.data, context);
  };
}

/** A whole number within limits, which an error names. */
export function wholeNumber(min: number, max: number): z.ZodNumber {
  const reason = `Must be >= ${min} and <= ${max}, if provided.`;
  return z.number().int(reason).min(min, reason).max(max, reason);
}

function asSqsError(error: z.ZodError, input: unknown): SqsError {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map(String);
  const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], input);
  const name = path.join(".");
  if (issue?.code !== "invalid_type") return invalidParameter(name, value, issue?.message ?? "");
  return value === undefined && name !== ""
    ? new SqsError("MissingParameter", `The request must contain the parameter ${name}.`)
    : new SqsError("SerializationException", `Expected ${issue.expected} at ${name === "" ? "the top" : name}.`);
}
