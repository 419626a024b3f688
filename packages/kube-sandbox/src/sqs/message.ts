import { createHash } from "node:crypto";

/** A typed attribute that the sender attached. */
interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string | undefined;
  /** Base64. */
  readonly BinaryValue?: string | undefined;
}
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** One message, from its sending until it is deleted, expires or moves to another queue. */
export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly senderId: string;
  readonly sentAt: number;
  /** Orders a FIFO queue. */
  readonly sequence: number;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  /** The ARN of the source queue of a message in a dead-letter queue. */
  readonly deadLetterSource?: string | undefined;
  state: "ready" | "delayed" | "inFlight" | "gone";
  /** When `state` ends: the end of the delay or of the visibility timeout. */
  dueAt: number;
  receives: number;
  firstReceivedAt?: number;
  /** The newest receipt handle. */
  receipt?: string;
}

/** Bytes that SQS counts: body, and names, types and values of the attributes. */
export function sizeOf(body: string, attributes: MessageAttributes): number {
  let size = Buffer.byteLength(body);
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(DataType) + Buffer.byteLength(StringValue ?? "");
    size += Buffer.byteLength(BinaryValue ?? "", "base64");
  }
  return size;
}

/** Hexadecimal MD5, with which clients verify a body. */
export function md5(data: string | Buffer): string {
  return createHash("md5").update(data).digest("hex");
}

/** MD5 of the attributes in SQS's binary form: sorted by name, each part prefixed with its length. */
export function attributesMd5(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const parts: Buffer[] = [];
  const part = (data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    parts.push(length, data);
  };
  for (const name of names) {
    const attribute = attributes[name];
    if (attribute === undefined) continue;
    part(Buffer.from(name));
    part(Buffer.from(attribute.DataType));
    const isBinary = attribute.DataType.startsWith("Binary");
    parts.push(Buffer.from([isBinary ? 2 : 1]));
    part(isBinary ? Buffer.from(attribute.BinaryValue ?? "", "base64") : Buffer.from(attribute.StringValue ?? ""));
  }
  return md5(Buffer.concat(parts));
}
