import type { TestContext } from "node:test";
import { ApiClient } from "../../../../test/support/api-client.ts";
import { eventually } from "../../../../test/support/eventually.ts";
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

const text = { type: "string" };

const spec = {
  type: "object",
  description: "what is wanted",
  required: ["size"],
  properties: {
    size: { type: "string", enum: ["small", "large"], description: "how big" },
    replicas: { type: "integer", format: "int32", minimum: 0, maximum: 100, default: 1 },
    note: { type: "string", minLength: 2, maxLength: 10, pattern: "^[a-z]+$" },
    limit: { "x-kubernetes-int-or-string": true },
    list: {
      type: "array",
      minItems: 1,
      maxItems: 3,
      items: {
        type: "object",
        required: ["name"],
        properties: { name: text, value: { type: "number", multipleOf: 2 } },
      },
    },
    tags: { type: "array", items: text, "x-kubernetes-list-type": "set" },
    when: { type: "string", format: "date-time" },
    maybe: { type: "string", nullable: true },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    labels: { type: "object", additionalProperties: text },
    first: text,
    second: text,
  },
  oneOf: [{ required: ["first"] }, { not: { required: ["first"] } }],
  not: { required: ["first", "second"] },
};

/** A CustomResourceDefinition that uses most of what a structural schema can say, with both subresources. */
export function widgetCrd(group: string): object {
  const columns = [
    { name: "Size", type: "string", jsonPath: ".spec.size" },
    { name: "Replicas", type: "integer", jsonPath: ".spec.replicas" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Note", type: "string", jsonPath: ".spec.note", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ];
  const version = {
    served: true,
    subresources: {
      status: {},
      scale: {
        specReplicasPath: ".spec.replicas",
        statusReplicasPath: ".status.replicas",
        labelSelectorPath: ".status.selector",
      },
    },
    additionalPrinterColumns: columns,
    schema: {
      openAPIV3Schema: {
        type: "object",
        required: ["spec"],
        properties: { spec, status: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    },
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "widgets", singular: "widget", kind: "Widget", shortNames: ["wd"] },
      versions: [
        { name: "v1", storage: true, ...version },
        { name: "v1beta1", storage: false, ...version },
      ],
    },
  };
}

/** Defines widgets and waits until they are served. */
export async function establishWidgets(api: ApiClient, group: string): Promise<void> {
  await api.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", widgetCrd(group));
  const path = `/apis/${group}/v1/namespaces/default/widgets`;
  const probe = { apiVersion: `${group}/v1`, kind: "Widget", metadata: { name: "probe" }, spec: { size: "small" } };
  await eventually(async () => (await api.post(`${path}?dryRun=All`, probe)).status === 201, "widgets are served");
}
