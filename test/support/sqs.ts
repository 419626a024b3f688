import type { TestContext } from "node:test";
import { SQSClient } from "@aws-sdk/client-sqs";
import { type SqsServer, type SqsServerOptions, startSqsServer } from "../../src/sandbox/sqs/start-sqs-server.ts";

/** What the SDK takes from its environment: keys that mean nothing, and no warning about Node 20. */
export function useTestCredentials(): void {
  process.env.AWS_ACCESS_KEY_ID = "AKIATEST";
  process.env.AWS_SECRET_ACCESS_KEY = "test-secret-value";
  process.env.AWS_EC2_METADATA_DISABLED = "true";
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
}

/** An embedded server and the real SDK's client of it, both gone at the test's end. */
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

/** A client of the real SDK that speaks to `endpoint` whatever a queue's URL says. */
export function clientOf(endpoint: string): SQSClient {
  useTestCredentials();
  return new SQSClient({
    endpoint,
    region: "eu-central-1",
    maxAttempts: 1,
    credentials: { accessKeyId: "AKIATEST", secretAccessKey: "test-secret-value" },
  });
}
