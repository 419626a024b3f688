import type { TestContext } from "node:test";
import type { SqsRequest } from "kube-sandbox";
import type { Source, SourceTools } from "../../src/sources/shared/source.ts";
import sqsType from "../../src/sources/sqs.ts";
import { sourceTools } from "./source-tools.ts";
import { useTestCredentials } from "./sqs-server.ts";

export { clientOf, sqsServer, useTestCredentials } from "./sqs-server.ts";

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
