import type { TestContext } from "node:test";
import { ApiClient } from "../../../../test/support/api-client.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/start-sandbox.ts";

/** A sandbox with a bare client of it, closed at the test's end. Pods start and stop at once by default. */
export async function openSandbox(
  context: Pick<TestContext, "after">,
  options: SandboxOptions = {},
): Promise<{ readonly sandbox: Sandbox; readonly api: ApiClient }> {
  const pods = { startSeconds: 0, stopSeconds: 0 };
  const sandbox = await startSandbox({ pods, ...options });
  context.after(() => sandbox.close());
  return { sandbox, api: new ApiClient({ url: sandbox.url }) };
}

/** A Deployment that every server accepts. */
export function webDeployment(name = "web", replicas = 2): Record<string, unknown> & { spec: Record<string, unknown> } {
  const labels = { app: name };
  const container = { name: "web", image: "nginx:1.25", env: [{ name: "A", value: "1" }] };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}
