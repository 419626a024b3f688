import type { FailureKind } from "../../../core/index.ts";
import { connectionFailure, kindOfStatus } from "../connection-failure.ts";
import { excerpt } from "../safe-text.ts";
import { SourceError } from "../source-error.ts";
import { OversizedAnswer } from "./client.ts";

/** What a failed call was about, for its message. */
interface AwsCall {
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
  [/^kms/i, "Unauthorized"],
  [/InternalFailure|InternalServiceFault|InternalError|ServiceUnavailable/, "Unavailable"],
];

/** A failed call of the SDK as a SourceError, with what to do about it and without anything secret. */
export function asSourceError(cause: unknown, call: AwsCall): SourceError {
  if (cause instanceof SourceError) return cause;
  if (cause instanceof OversizedAnswer)
    return new SourceError("Malformed", `AWS in ${call.where} answered with more than ${cause.maxBytes} bytes`);
  const error = withOwnName(cause as SdkError);
  const kind = kindOf(error);
  if (kind === undefined) return unreachable(cause, `AWS in ${call.where}`);
  return new SourceError(kind, messageOf(kind, error, call));
}

/** An error's name comes out of the answer: what cannot be a name of AWS's is not repeated. */
function withOwnName(error: SdkError): SdkError {
  const { message, code, $metadata } = error;
  const name = /^[A-Za-z][\w.]{0,80}$/.test(error.name ?? "") ? error.name : "an error without a name";
  return { name, message, code, $metadata } as SdkError;
}

function unreachable(cause: unknown, where: string): SourceError {
  const { code = "" } = cause as SdkError;
  if (!/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) return connectionFailure(cause, where);
  const remedy = "name its authority's file in NODE_EXTRA_CA_CERTS";
  return new SourceError("Unavailable", `${where} has a certificate that is not trusted (${code}): ${remedy}`);
}

/** Undefined: there was no answer at all. */
function kindOf({ name = "", $metadata, code }: SdkError): FailureKind | undefined {
  const known = KINDS.find(([pattern]) => pattern.test(name))?.[1];
  if (known !== undefined) return known;
  const status = $metadata?.httpStatusCode;
  if (status !== undefined && status >= 400) return kindOfStatus(status);
  return isParsing(name) || (status !== undefined && code === undefined) ? "Malformed" : undefined;
}

/** The SDK's words then repeat what it could not read. */
function isParsing(name: string): boolean {
  return name === "SyntaxError" || name === "TypeError";
}

function messageOf(kind: FailureKind, error: SdkError, call: AwsCall): string {
  const { name = "" } = error;
  if (kind === "Unauthorized") return refusalOf(error, call);
  if (kind === "NotFound") return `${call.about} does not exist: make it, or correct its URL or region`;
  if (kind === "Malformed") return `${call.where} gave an answer to ${call.action} that is not one of AWS (${name})`;
  const status = error.$metadata?.httpStatusCode;
  if (isParsing(name)) return `${call.where} answered ${status} to ${call.action}, in a form that is not one of AWS`;
  return `${call.action} on ${call.about} failed (${name})${said(error)}`;
}

function refusalOf(error: SdkError, { action, about }: AwsCall): string {
  const { name = "" } = error;
  const identity = identityTried(process.env);
  if (/^kms/i.test(name))
    return `${action} on ${about} needs its KMS key (${name})${said(error)}: allow kms:Decrypt on it, or only look at the queue (wake: look)`;
  if (/AccessDenied/.test(name))
    return `${action} on ${about} is not allowed${said(error)} (${identity}): allow ${action} in its IAM policy`;
  if (/Provider/.test(name)) return `no AWS credentials were found for ${about} (${name}): ${identity}`;
  // Signature errors quote the signed headers, a session token among them: their own words stay here.
  return `AWS does not accept the credentials for ${about} (${name}): ${identity}`;
}

function said({ message = "" }: SdkError): string {
  return message === "" ? "" : `: ${excerpt(withoutKeys(message)).replace(/\.+$/, "")}`;
}

function withoutKeys(message: string): string {
  return message.replace(/\b(A[KS]IA|AROA|AIDA)[A-Z0-9]{8,}/g, "***");
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Says which of the SDK's ways to credentials the environment points to; names only, never a value that is secret. */
function identityTried(environment: Environment): string {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ROLE_ARN } = environment;
  if (AWS_PROFILE) return `the credentials tried were those of profile ${AWS_PROFILE}`;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) return "the credentials tried were the keys in AWS_ACCESS_KEY_ID";
  if (environment.AWS_WEB_IDENTITY_TOKEN_FILE)
    return `the credentials tried were those of role ${AWS_ROLE_ARN ?? "(AWS_ROLE_ARN is not set)"} by web identity`;
  if (environment.AWS_CONTAINER_CREDENTIALS_FULL_URI || environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)
    return "the credentials tried were those of the container (EKS Pod Identity or ECS)";
  return "nothing in the environment gives credentials, so shared configuration files and the machine's role were tried";
}
