import type { StructuralSchema } from "../schema/structural-schema.ts";

type Properties = Readonly<Record<string, StructuralSchema>>;

const object = (description: string, properties: Properties): StructuralSchema => ({
  type: "object",
  description,
  properties,
});
const text = (description: string): StructuralSchema => ({ type: "string", description });
const count = (description: string): StructuralSchema => ({ type: "integer", format: "int32", description });
const flag = (description: string): StructuralSchema => ({ type: "boolean", description });
const list = (description: string, items: StructuralSchema): StructuralSchema => ({
  type: "array",
  description,
  items,
});
const texts = (description: string): StructuralSchema => ({
  type: "object",
  description,
  additionalProperties: { type: "string" },
});
const open = (description: string): StructuralSchema => ({
  type: "object",
  description,
  "x-kubernetes-preserve-unknown-fields": true,
});

const selector = object("Label selector for pods.", {
  matchLabels: texts("Map of {key,value} pairs that must all match."),
  matchExpressions: list("Label selector requirements, ANDed.", open("key, operator and values.")),
});

const container: StructuralSchema = {
  ...object("A single application container.", {
    name: text("Name of the container, unique within the pod."),
    image: text("Container image name."),
    command: list("Entrypoint array.", text("One word.")),
    args: list("Arguments to the entrypoint.", text("One word.")),
    env: list("Environment variables.", open("name and value.")),
    ports: list("Ports to expose.", open("containerPort, name and protocol.")),
    resources: open("Compute resources required by this container."),
  }),
  "x-kubernetes-preserve-unknown-fields": true,
};

const podSpec: StructuralSchema = {
  ...object("Specification of the desired behavior of the pod.", {
    containers: list("Containers belonging to the pod; there must be at least one.", container),
    terminationGracePeriodSeconds: {
      type: "integer",
      format: "int64",
      description: "Seconds the pod may take to stop.",
    },
    nodeName: text("The node that runs the pod."),
    serviceAccountName: text("The ServiceAccount to run the pod with."),
  }),
  "x-kubernetes-preserve-unknown-fields": true,
};

const template = object("The pods that are made.", {
  metadata: open("Labels and annotations of the pods."),
  spec: podSpec,
});

const conditions = list("The latest observations of the state.", open("type, status, reason and message."));
const replicaStatus = {
  observedGeneration: { type: "integer", format: "int64", description: "The generation that this status is about." },
  replicas: count("Pods there are."),
  readyReplicas: count("Pods with a Ready condition."),
  availableReplicas: count("Pods that have been ready for minReadySeconds."),
  conditions,
};

const deployment = object("Deployment enables declarative updates for Pods and ReplicaSets.", {
  spec: {
    ...object("Specification of the desired behavior of the Deployment.", {
      replicas: count("Number of desired pods. Defaults to 1."),
      selector,
      template,
      strategy: open("How to replace existing pods with new ones."),
      minReadySeconds: count("Seconds a new pod must be ready to count as available."),
      revisionHistoryLimit: count("Old ReplicaSets to keep. Defaults to 10."),
      progressDeadlineSeconds: count("Seconds to make progress before the Deployment counts as failed."),
      paused: flag("Whether the Deployment is paused."),
    }),
    required: ["selector", "template"],
  },
  status: object("Most recently observed status.", {
    ...replicaStatus,
    updatedReplicas: count("Pods that have the desired template."),
    unavailableReplicas: count("Pods still needed for full capacity."),
    collisionCount: count("Hash collisions so far."),
    terminatingReplicas: count("Pods that are stopping."),
  }),
});

const replicaSet = object("ReplicaSet ensures that a number of pod replicas are running.", {
  spec: object("Specification of the desired behavior of the ReplicaSet.", {
    replicas: count("Number of desired pods. Defaults to 1."),
    minReadySeconds: count("Seconds a new pod must be ready to count as available."),
    selector,
    template,
  }),
  status: object("Most recently observed status.", {
    ...replicaStatus,
    fullyLabeledReplicas: count("Pods with all labels."),
    terminatingReplicas: count("Pods that are stopping."),
  }),
});

/** By kind: the part of the built-in schemas that `kubectl explain` and the check of types need. */
export const BUILTIN_SCHEMAS: Readonly<Record<string, StructuralSchema>> = {
  Deployment: deployment,
  ReplicaSet: replicaSet,
  StatefulSet: object("StatefulSet represents a set of pods with consistent identities.", {
    spec: {
      ...object("The desired identities of pods in this set.", {
        replicas: count("Number of desired pods. Defaults to 1."),
        serviceName: text("The Service that governs this set."),
        selector,
        template,
      }),
      "x-kubernetes-preserve-unknown-fields": true,
    },
    status: { ...object("The current status of pods.", replicaStatus), "x-kubernetes-preserve-unknown-fields": true },
  }),
  HorizontalPodAutoscaler: object("HorizontalPodAutoscaler scales a resource by metrics. Nothing acts on it here.", {
    spec: {
      ...object("The desired behavior of the autoscaler.", {
        scaleTargetRef: open("apiVersion, kind and name of the resource to scale."),
        minReplicas: count("Fewest replicas. Defaults to 1."),
        maxReplicas: count("Most replicas."),
        metrics: list(
          "What the desired number is computed from; the largest wins.",
          open("type, and a field of that name."),
        ),
        behavior: open("scaleUp and scaleDown: stabilizationWindowSeconds, policies and selectPolicy."),
      }),
      "x-kubernetes-preserve-unknown-fields": true,
    },
    status: open("The current information about the autoscaler."),
  }),
  Pod: object("Pod is a collection of containers that can run on a host.", {
    spec: podSpec,
    status: open("Most recently observed status of the pod."),
  }),
  Namespace: object("Namespace provides a scope for names.", {
    spec: open("The behavior of the Namespace."),
    status: open("The current status of the Namespace."),
  }),
  ConfigMap: object("ConfigMap holds configuration data for pods to consume.", {
    data: texts("The configuration data, by key."),
    binaryData: texts("The binary data, base64 encoded."),
    immutable: flag("Whether the data can no longer be changed."),
  }),
  Secret: object("Secret holds secret data of a certain type.", {
    data: texts("The secret data, base64 encoded."),
    stringData: texts("The secret data as plain text; write-only."),
    type: text("Used to facilitate programmatic handling of secret data."),
    immutable: flag("Whether the data can no longer be changed."),
  }),
  Lease: object("Lease defines a lease concept.", {
    spec: object("Specification of the Lease.", {
      holderIdentity: text("The holder of the lease."),
      leaseDurationSeconds: count("Seconds that candidates wait after renewTime before they take the lease."),
      acquireTime: text("When the lease was acquired."),
      renewTime: text("When the holder last renewed the lease."),
      leaseTransitions: count("How often the lease changed hands."),
      strategy: text("How a coordinated leader is chosen."),
      preferredHolder: text("Who should take the lease next."),
    }),
  }),
};
