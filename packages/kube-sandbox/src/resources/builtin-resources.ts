import { checkCrd, prepareCrd } from "../crds.ts";
import { qualified } from "../rest/status-error.ts";
import { AGE, type Column, NAME } from "../table.ts";
import {
  DEPLOYMENT_COLUMNS,
  EVENT_COLUMNS,
  JOB_COLUMNS,
  OTHER_COLUMNS,
  POD_COLUMNS,
  REPLICA_SET_COLUMNS,
  STATEFUL_SET_COLUMNS,
} from "./builtin-columns.ts";
import { schemaOf } from "./kubernetes-types.ts";
import {
  autoscalerFromStored,
  autoscalerToStored,
  checkEvent,
  checkJob,
  checkLease,
  checkNewEvent,
  checkPod,
  checkWorkload,
  eventFromStored,
  eventToStored,
  podGraceSeconds,
  prepareAutoscaler,
  prepareDeployment,
  prepareEvent,
  prepareJob,
  prepareNamespace,
  preparePod,
  prepareReplicaSet,
  prepareSecret,
  prepareService,
  prepareStatefulSet,
} from "./object-rules.ts";
import type { ResourceType, ResourceVersion, ScalePaths } from "./resource-type.ts";

const SCALE: ScalePaths = {
  specReplicas: ["spec", "replicas"],
  statusReplicas: ["status", "replicas"],
  selector: ["spec", "selector"],
};

type Options = Partial<Omit<ResourceType, "id" | "plural" | "group" | "kind">> & {
  readonly columns?: readonly Column[];
  readonly scale?: ScalePaths;
  readonly status?: boolean;
};

function withSchema(group: string, kind: string, version: ResourceVersion): ResourceVersion {
  const schema = schemaOf(`${group === "" ? "" : `${group}/`}${version.name}.${kind}`);
  return schema === undefined ? version : { ...version, schema };
}

function resource(group: string, plural: string, kind: string, options: Options = {}): ResourceType {
  const id = qualified({ group, plural });
  const { columns, scale, status, ...rest } = options;
  const version = withSchema(group, kind, {
    name: "v1",
    columns: columns ?? OTHER_COLUMNS[id] ?? [NAME, AGE],
    hasStatus: status ?? false,
    ...(scale !== undefined && { scale }),
  });
  return {
    id,
    group,
    plural,
    kind,
    singular: kind.toLowerCase(),
    namespaced: true,
    shortNames: [],
    categories: [],
    versions: [version],
    custom: false,
    countsGenerations: false,
    ...rest,
  };
}

const EVENT = resource("", "events", "Event", {
  shortNames: ["ev"],
  columns: EVENT_COLUMNS,
  prepare: prepareEvent,
  check: checkEvent,
});

/** events.k8s.io/v1: a second view of the core group's events. */
const EVENTS_VIEW: ResourceType = {
  ...EVENT,
  group: "events.k8s.io",
  check: checkNewEvent,
  versions: EVENT.versions.map((version) =>
    withSchema("events.k8s.io", "Event", { ...version, fromStored: eventFromStored, toStored: eventToStored }),
  ),
};

const AUTOSCALER = resource("autoscaling", "horizontalpodautoscalers", "HorizontalPodAutoscaler", {
  shortNames: ["hpa"],
  prepare: prepareAutoscaler,
  categories: ["all"],
  status: true,
});

const workload = { categories: ["all"], status: true, countsGenerations: true, scale: SCALE, check: checkWorkload };
const RBAC = "rbac.authorization.k8s.io";
const cluster = { namespaced: false };

export const BUILTIN_RESOURCES: readonly ResourceType[] = [
  resource("", "namespaces", "Namespace", { ...cluster, shortNames: ["ns"], status: true, prepare: prepareNamespace }),
  resource("", "pods", "Pod", {
    shortNames: ["po"],
    categories: ["all"],
    columns: POD_COLUMNS,
    status: true,
    prepare: preparePod,
    check: checkPod,
    graceSeconds: podGraceSeconds,
  }),
  EVENT,
  resource("", "configmaps", "ConfigMap", { shortNames: ["cm"] }),
  resource("", "secrets", "Secret", { prepare: prepareSecret }),
  resource("", "serviceaccounts", "ServiceAccount", { shortNames: ["sa"] }),
  resource("", "services", "Service", {
    shortNames: ["svc"],
    categories: ["all"],
    status: true,
    prepare: prepareService,
  }),
  resource("", "nodes", "Node", { ...cluster, shortNames: ["no"], status: true }),
  resource("apps", "deployments", "Deployment", {
    ...workload,
    shortNames: ["deploy"],
    columns: DEPLOYMENT_COLUMNS,
    prepare: prepareDeployment,
  }),
  resource("apps", "replicasets", "ReplicaSet", {
    ...workload,
    shortNames: ["rs"],
    columns: REPLICA_SET_COLUMNS,
    prepare: prepareReplicaSet,
  }),
  resource("apps", "statefulsets", "StatefulSet", {
    ...workload,
    shortNames: ["sts"],
    columns: STATEFUL_SET_COLUMNS,
    prepare: prepareStatefulSet,
  }),
  {
    ...AUTOSCALER,
    versions: AUTOSCALER.versions.flatMap((version) => [
      withSchema("autoscaling", "HorizontalPodAutoscaler", { ...version, name: "v2" }),
      { ...version, fromStored: autoscalerFromStored, toStored: autoscalerToStored },
    ]),
  },
  resource("batch", "jobs", "Job", {
    ...{ categories: ["all"], columns: JOB_COLUMNS, status: true, countsGenerations: true },
    ...{ prepare: prepareJob, check: checkJob },
  }),
  resource("coordination.k8s.io", "leases", "Lease", { check: checkLease }),
  resource("policy", "poddisruptionbudgets", "PodDisruptionBudget", { shortNames: ["pdb"], status: true }),
  EVENTS_VIEW,
  resource(RBAC, "roles", "Role"),
  resource(RBAC, "rolebindings", "RoleBinding"),
  resource(RBAC, "clusterroles", "ClusterRole", cluster),
  resource(RBAC, "clusterrolebindings", "ClusterRoleBinding", cluster),
  resource("apiextensions.k8s.io", "customresourcedefinitions", "CustomResourceDefinition", {
    ...cluster,
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    prepare: prepareCrd,
    check: checkCrd,
    status: true,
    countsGenerations: true,
  }),
];
