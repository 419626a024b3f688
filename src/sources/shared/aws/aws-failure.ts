import type { FailureKind } from "../../../core/index.ts";
import { connectionFailure, kindOfStatus } from "../http-failure.ts";
import { excerpt } from "../safe-text.ts";
import { SourceError } from "../source-error.ts";
import { OversizedAnswer } from "./answer-limit.ts";
import { identityTried } from "./identity.ts";

/** What a failed call was about, for its message. */
export interface AwsCall {
  /** Such as "sqs:GetQueueAttributes". */
  readonly action: string;
  /** Such as "queue jobs of account 123 in eu-west-1". */
  readonly about: string;
  /** Such as "eu-west-1 (http://localhost:9324)". */
  readonly where: string;
}

interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Patterns over the error names of AWS's services and of the SDK's credential providers. */
const KINDS: readonly (readonly [RegExp, FailureKind])[] = [
  [
    /AccessDenied|UnrecognizedClient|InvalidClientTokenId|ExpiredToken|Signature|MissingAuthenticationToken/,
    "Unauthorized",
  ],
  [/CredentialsProvider|TokenProvider|OptInRequired|InvalidSecurity|RequestExpired|NotAuthorized/, "Unauthorized"],
  [/QueueDoesNotExist|NonExistentQueue/, "NotFound"],
  [/Throttl|TooManyRequests|SlowDown|OverLimit|LimitExceeded/, "Throttled"],
  [/InternalFailure|InternalServiceFault|InternalError|ServiceUnavailable/, "Unavailable"],
];

/** A failed call of the SDK as a SourceError, with what to do about it and without anything secret. */
export function asSourceError(cause: unknown, call: AwsCall): SourceError {
  if (cause instanceof SourceError) return cause;
  if (cause instanceof OversizedAnswer)
    return new SourceError("Malformed", `AWS in ${call.where} answered with more than ${cause.maxBytes} bytes`);
  const error = cause as SdkError;
  const kind = kindOf(error);
  if (kind === undefined) return connectionFailure(cause, `AWS in ${call.where}`);
  return new SourceError(kind, messageOf(kind, error, call));
}

/** Undefined: there was no answer at all. */
function kindOf({ name = "", $metadata, code }: SdkError): FailureKind | undefined {
  const known = KINDS.find(([pattern]) => pattern.test(name))?.[1];
  if (known !== undefined) return known;
  const status = $metadata?.httpStatusCode;
  if (status !== undefined && status >= 400) return kindOfStatus(status);
  const isParsing = name === "SyntaxError" || name === "TypeError";
  return isParsing || (status !== undefined && code === undefined) ? "Malformed" : undefined;
}

function messageOf(
  kind: FailureKind,
  { name = "", message = "" }: SdkError,
  { action, about, where }: AwsCall,
): string {
  // Signature errors quote the signed headers, a session token among them; only a refusal's own words help.
  const isQuotable = kind === "Unauthorized" ? name.startsWith("AccessDenied") : kind !== "Malformed";
  const said = isQuotable && message !== "" ? `: ${withoutFullStop(excerpt(withoutKeys(message)))}` : "";
  if (kind === "Unauthorized") {
    return name.startsWith("AccessDenied")
      ? `${action} on ${about} is not allowed${said} (${identityTried(process.env)}): allow ${action} in its IAM policy`
      : `AWS does not accept the credentials for ${about} (${name}): ${identityTried(process.env)}`;
  }
  if (kind === "NotFound") return `${about} does not exist: make it, or correct its URL or region`;
  if (kind === "Malformed") return `${where} gave an answer to ${action} that is not one of AWS (${name})`;
  return `${action} on ${about} failed (${name})${said}`;
}

function withoutKeys(message: string): string {
  return message.replace(/\b(A[KS]IA|AROA|AIDA)[A-Z0-9]{8,}/g, "***");
}

function withoutFullStop(message: string): string {
  return message.replace(/\.+$/, "");
}
