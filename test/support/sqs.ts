import type { TestContext } from "node:test";
import { SQSClient } from "@aws-sdk/client-sqs";
import { type SqsRequest, type SqsServer, type SqsServerOptions, startSqsServer } from "kube-sandbox";
import type { Source, SourceTools } from "../../src/sources/shared/source.ts";
import sqsType from "../../src/sources/sqs.ts";
import { sourceTools } from "./source-tools.ts";

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

/** A source of the embedded server's queue, found by a real-looking URL through AWS_ENDPOINT_URL. */
export function sqsSource(
  context: TestContext,
  server: { readonly url: string },
  settings: Readonly<Record<string, unknown>> = {},
  tools: Partial<SourceTools> = {},
): Source {
  useTestCredentials();
  const queueUrl = "https://sqs.ap-south-1.amazonaws.com/82910/jobs";
  const source = sqsType.connect(
    sqsType.settings.parse({ queueUrl, longPollSeconds: 1, ...settings }),
    sourceTools({ mayTouch: true, environment: { AWS_ENDPOINT_URL: server.url }, ...tools }),
  );
  context.after(() => source.close?.());
  return source;
}

/** Counts requests by action, as a server's `refuse` hook that refuses nothing. */
export class RequestCount {
  readonly #counts = new Map<string, number>();

  readonly refuse = ({ action }: SqsRequest): undefined => {
    this.#counts.set(action, this.of(action) + 1);
  };

  of(action: string): number {
    return this.#counts.get(action) ?? 0;
  }
}
