import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";

/** SQS takes at most so many messages in one request. */
const BATCH = 10;

/** A queue as a producer sees it, over the SQS protocol. */
export class DemoQueue {
  readonly #client: SQSClient;
  #url = "";

  constructor(endpoint: string, region: string) {
    // A user of the demo cannot act on the SDK's advice about its next versions.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    // The sandbox's queue authenticates nobody, but the SDK signs what it sends.
    const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
    this.#client = new SQSClient({ endpoint, region, credentials });
  }

  async create(name: string): Promise<void> {
    const { QueueUrl = "" } = await this.#client.send(new CreateQueueCommand({ QueueName: name }));
    this.#url = QueueUrl;
  }

  /** Sends so many messages; `accepted` is told of each batch that the queue has taken. */
  async send(count: number, accepted: () => void): Promise<void> {
    for (let sent = 0; sent < count; sent += BATCH) {
      const size = Math.min(BATCH, count - sent);
      const Entries = Array.from({ length: size }, (_, index) => ({
        Id: String(index),
        MessageBody: JSON.stringify({ to: "+49 30 5550100", text: `message ${sent + index + 1}` }),
      }));
      await this.#client.send(new SendMessageBatchCommand({ QueueUrl: this.#url, Entries }));
      accepted();
    }
  }

  /** Messages waiting and in flight. */
  async backlog(): Promise<number> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#url,
        AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
      }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  }

  close(): void {
    this.#client.destroy();
  }
}
