/** The fields that a test sets; the others have values with which any queue is scaled 10 messages a worker, 0 to 10. */
export type AutoscalerSpec = Readonly<Record<string, unknown>> & { readonly queueURI: string };

/** A WorkerPodAutoScaler as the cluster has it. */
export interface Autoscaler {
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly generation: number };
  readonly spec: AutoscalerSpec;
  readonly status?: {
    readonly CurrentMessages?: number;
    readonly CurrentReplicas?: number;
    readonly DesiredReplicas?: number;
    readonly LastScaleTime?: string;
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
    readonly lastScaling?: {
      readonly time: string;
      readonly from: number;
      readonly to: number;
      readonly reason: string;
    };
    readonly lastDecision?: { readonly desiredReplicas: number; readonly reason: string };
  };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export function groupPath(namespace: string): string {
  return `/apis/k8s.practo.dev/v1/namespaces/${namespace}/workerpodautoscalers`;
}

/** A WorkerPodAutoScaler for the Deployment of the same name; a field that is undefined is left out. */
export function autoscaler(name: string, spec: AutoscalerSpec): object {
  const usual = { minReplicas: 0, maxReplicas: 10, targetMessagesPerWorker: 10, deploymentName: name };
  return {
    apiVersion: "k8s.practo.dev/v1",
    kind: "WorkerPodAutoScaler",
    metadata: { name },
    spec: { ...usual, ...spec },
  };
}
