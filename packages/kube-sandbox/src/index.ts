// The public API: a Kubernetes API with its controllers, an SQS with CloudWatch's view of it, and Graphite's render API.

export {
  type GraphiteServer,
  type GraphiteServerOptions,
  startGraphiteServer,
} from "./graphite.ts";
export type { PodBehavior, PodProcess } from "./kubelet.ts";
export type { KubeObject } from "./objects.ts";
export type { Fault, Faults } from "./server/faults.ts";
export type { SqsErrorCode } from "./sqs/sqs-error.ts";
export { type SqsRequest, type SqsServer, type SqsServerOptions, startSqsServer } from "./sqs/start-sqs-server.ts";
export { type Sandbox, type SandboxOptions, startSandbox } from "./start-sandbox.ts";
