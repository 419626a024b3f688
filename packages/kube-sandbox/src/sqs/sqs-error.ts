interface Shape {
  /** `__type` in the JSON protocol. */
  readonly type: string;
  /** The code of the older query protocol, which the header x-amzn-query-error still carries. */
  readonly queryCode: string;
  readonly status: number;
}

const sqs = (name: string, queryCode = name, status = 400): Shape => ({
  type: `com.amazonaws.sqs#${name}`,
  queryCode,
  status,
});
const coral = (name: string, queryCode: string, status = 400): Shape => ({
  type: `com.amazon.coral.service#${name}`,
  queryCode,
  status,
});

/** The errors of SQS and CloudWatch, by the SDK's names. */
const SHAPES = {
  QueueDoesNotExist: sqs("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
  QueueNameExists: sqs("QueueNameExists", "QueueAlreadyExists"),
  ReceiptHandleIsInvalid: sqs("ReceiptHandleIsInvalid"),
  MessageNotInflight: sqs("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"),
  OverLimit: sqs("OverLimit", "OverLimit", 403),
  InvalidAttributeName: sqs("InvalidAttributeName"),
  InvalidAttributeValue: sqs("InvalidAttributeValue"),
  InvalidMessageContents: sqs("InvalidMessageContents"),
  EmptyBatchRequest: sqs("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"),
  TooManyEntriesInBatchRequest: sqs(
    "TooManyEntriesInBatchRequest",
    "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
  ),
  BatchEntryIdsNotDistinct: sqs("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
  BatchRequestTooLong: sqs("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"),
  RequestThrottled: sqs("RequestThrottled"),
  InvalidParameterValue: coral("InvalidParameterValueException", "InvalidParameterValue"),
  InvalidParameterCombination: coral("InvalidParameterCombinationException", "InvalidParameterCombination"),
  MissingParameter: coral("MissingRequiredParameterException", "MissingParameter"),
  ValidationError: coral("ValidationError", "ValidationError"),
  SerializationException: coral("SerializationException", "MalformedInput"),
  UnknownOperation: coral("UnknownOperationException", "InvalidAction"),
  AccessDenied: coral("AccessDeniedException", "AccessDenied", 403),
  UnrecognizedClient: coral("UnrecognizedClientException", "InvalidClientTokenId", 403),
  ExpiredToken: coral("ExpiredTokenException", "ExpiredToken", 403),
  Throttling: coral("ThrottlingException", "Throttling"),
  ServiceUnavailable: coral("ServiceUnavailableException", "ServiceUnavailable", 503),
  InternalFailure: coral("InternalFailure", "InternalFailure", 500),
} as const satisfies Record<string, Shape>;

export type SqsErrorCode = keyof typeof SHAPES;

/** An error answer, with the words and codes of the real service. */
export class SqsError extends Error {
  override readonly name = "SqsError";
  readonly code: SqsErrorCode;

  constructor(code: SqsErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  get status(): number {
    return SHAPES[this.code].status;
  }

  get type(): string {
    return SHAPES[this.code].type;
  }

  get queryCode(): string {
    return SHAPES[this.code].queryCode;
  }
}

/** The error for a parameter out of its range, worded as SQS does. */
export function invalidParameter(name: string, value: unknown, reason: string): SqsError {
  const shown = typeof value === "string" ? value.slice(0, 100) : JSON.stringify(value);
  return new SqsError("InvalidParameterValue", `Value ${shown} for parameter ${name} is invalid. Reason: ${reason}`);
}
