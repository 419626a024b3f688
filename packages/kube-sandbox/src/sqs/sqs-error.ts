const AWS = "AWS.SimpleQueueService.";

/**
 * The errors of SQS and CloudWatch by the SDK's names: the type in the JSON protocol, the code of the older query protocol,
 * which the header x-amzn-query-error still carries, and the status if it is not 400.
 */
const ERRORS = {
  QueueDoesNotExist: ["sqs#QueueDoesNotExist", `${AWS}NonExistentQueue`],
  QueueNameExists: ["sqs#QueueNameExists", "QueueAlreadyExists"],
  ReceiptHandleIsInvalid: ["sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"],
  MessageNotInflight: ["sqs#MessageNotInflight", `${AWS}MessageNotInflight`],
  OverLimit: ["sqs#OverLimit", "OverLimit", 403],
  InvalidAttributeName: ["sqs#InvalidAttributeName", "InvalidAttributeName"],
  InvalidAttributeValue: ["sqs#InvalidAttributeValue", "InvalidAttributeValue"],
  InvalidMessageContents: ["sqs#InvalidMessageContents", "InvalidMessageContents"],
  EmptyBatchRequest: ["sqs#EmptyBatchRequest", `${AWS}EmptyBatchRequest`],
  TooManyEntriesInBatchRequest: ["sqs#TooManyEntriesInBatchRequest", `${AWS}TooManyEntriesInBatchRequest`],
  BatchEntryIdsNotDistinct: ["sqs#BatchEntryIdsNotDistinct", `${AWS}BatchEntryIdsNotDistinct`],
  BatchRequestTooLong: ["sqs#BatchRequestTooLong", `${AWS}BatchRequestTooLong`],
  RequestThrottled: ["sqs#RequestThrottled", "RequestThrottled"],
  InvalidParameterValue: ["coral.service#InvalidParameterValueException", "InvalidParameterValue"],
  InvalidParameterCombination: ["coral.service#InvalidParameterCombinationException", "InvalidParameterCombination"],
  MissingParameter: ["coral.service#MissingRequiredParameterException", "MissingParameter"],
  ValidationError: ["coral.service#ValidationError", "ValidationError"],
  SerializationException: ["coral.service#SerializationException", "MalformedInput"],
  UnknownOperation: ["coral.service#UnknownOperationException", "InvalidAction"],
  AccessDenied: ["coral.service#AccessDeniedException", "AccessDenied", 403],
  UnrecognizedClient: ["coral.service#UnrecognizedClientException", "InvalidClientTokenId", 403],
  ExpiredToken: ["coral.service#ExpiredTokenException", "ExpiredToken", 403],
  Throttling: ["coral.service#ThrottlingException", "Throttling"],
  ServiceUnavailable: ["coral.service#ServiceUnavailableException", "ServiceUnavailable", 503],
  InternalFailure: ["coral.service#InternalFailure", "InternalFailure", 500],
} as const satisfies Record<string, readonly [type: string, queryCode: string, status?: number]>;

export type SqsErrorCode = keyof typeof ERRORS;

/** An error answer, with the words and codes of the real service. */
export class SqsError extends Error {
  override readonly name = "SqsError";
  /** `__type` in the JSON protocol. */
  readonly type: string;
  readonly queryCode: string;
  readonly status: number;

  constructor(code: SqsErrorCode, message: string) {
    super(message);
    const [type, queryCode, status = 400] = ERRORS[code];
    this.type = `com.amazon${type.startsWith("sqs") ? "aws" : ""}.${type}`;
    this.queryCode = queryCode;
    this.status = status;
  }
}

/** The error for a parameter out of its range, worded as SQS does. */
export function invalidParameter(name: string, value: unknown, reason: string): SqsError {
  const shown = typeof value === "string" ? value.slice(0, 100) : JSON.stringify(value);
  return new SqsError("InvalidParameterValue", `Value ${shown} for parameter ${name} is invalid. Reason: ${reason}`);
}
