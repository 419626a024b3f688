import type { TestContext } from "node:test";
import { SQSClient } from "@aws-sdk/client-sqs";
import { type SqsServer, type SqsServerOptions, startSqsServer } from "kube-sandbox";

/** Sets the credentials that the SDK reads from its environment; they mean nothing. */
export function useTestCredentials(): void {
  process.env.AWS_ACCESS_KEY_ID = "AKIATEST";
  process.env.AWS_SECRET_ACCESS_KEY = "test-secret-value";
  process.env.AWS_EC2_METADATA_DISABLED = "true";
}

/** An embedded server and a client of the real SDK, both closed at the end of the test. */
export async function sqsServer(
  context: TestContext,
  options: SqsServerOptions = {},
): Promise<{ server: SqsServer; sqs: SQSClient }> {
  const server = await startSqsServer(options);
  const sqs = clientOf(server.url);
  context.after(async () => {
    sqs.destroy();
    await server.close();
  });
  return { server, sqs };
}

/** A client of the real SDK that sends to `endpoint`, regardless of a queue's URL. */
export function clientOf(endpoint: string): SQSClient {
  useTestCredentials();
  return new SQSClient({
    endpoint,
    region: "eu-central-1",
    maxAttempts: 1,
    credentials: { accessKeyId: "AKIATEST", secretAccessKey: "test-secret-value" },
  });
}
