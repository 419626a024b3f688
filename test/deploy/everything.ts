/** Values that turn on all that the chart has. */
export const EVERYTHING = {
  commonLabels: { team: "platform" },
  replicas: 3,
  image: { registry: "registry.example.com", repository: "tools/muster", digest: `sha256:${"0".repeat(64)}` },
  imagePullSecrets: ["one", { name: "two" }],
  flags: { logLevel: "debug", maxAnswerBytes: 2_097_152, k8sApiQps: 7.5, dryRun: true, statusAuth: "token" },
  extraArgs: ["--log-format=text"],
  extraEnv: [{ name: "HTTPS_PROXY", value: "http://proxy:3128" }],
  extraEnvFrom: [{ secretRef: { name: "proxy", optional: true } }],
  crds: { annotations: { "argocd.argoproj.io/sync-options": "Prune=false" } },
  serviceAccount: {
    annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/muster" },
    labels: { "azure.workload.identity/use": "true" },
  },
  rbac: {
    secrets: { shop: ["redis-password"], mail: ["amqp"] },
    configMaps: { shop: ["settings"] },
    busyWorkers: { enabled: true, namespaces: ["shop"] },
    jobs: { enabled: true },
    keda: { enabled: true },
    customKinds: [{ apiGroup: "argoproj.io", resources: ["rollouts"] }],
    extraRules: [{ apiGroups: ["example.com"], resources: ["gadgets"], verbs: ["list"] }],
    statusReaders: [
      { kind: "Group", name: "ops" },
      { kind: "ServiceAccount", name: "viewer", namespace: "shop" },
    ],
    aggregateToDefaultRoles: true,
  },
  journal: {
    volume: {
      ephemeral: {
        volumeClaimTemplate: {
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      },
    },
  },
  service: { type: "NodePort", annotations: { a: "b" }, labels: { c: "d" } },
  podDisruptionBudget: { maxUnavailable: "50%" },
  networkPolicy: {
    enabled: true,
    fromNamespaces: ["monitoring", "shop"],
    extraIngress: [{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }],
    egress: [{ ports: [{ protocol: "TCP", port: 443 }] }],
  },
  metrics: {
    serviceMonitor: { enabled: true, interval: "15s", scrapeTimeout: "10s", labels: { release: "prometheus" } },
    prometheusRule: { enabled: true, labels: { release: "prometheus" } },
    dashboards: { enabled: true, annotations: { grafana_folder: "Muster" } },
  },
  deploymentAnnotations: { "reloader.stakater.com/auto": "true" },
  podAnnotations: { "cluster-autoscaler.kubernetes.io/safe-to-evict": "true" },
  podLabels: { "azure.workload.identity/use": "true" },
  priorityClassName: "system-cluster-critical",
  nodeSelector: { "kubernetes.io/os": "linux" },
  tolerations: [{ key: "CriticalAddonsOnly", operator: "Exists" }],
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" },
  ],
  dnsPolicy: "ClusterFirst",
  dnsConfig: { options: [{ name: "ndots", value: "2" }] },
  extraVolumes: [{ name: "phpa", configMap: { name: "phpa", optional: true } }],
  extraVolumeMounts: [{ name: "phpa", mountPath: "/etc/phpa" }],
  extraContainers: [{ name: "proxy", image: "proxy:1" }],
  initContainers: [{ name: "first", image: "first:1" }],
  extraObjects: [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "{{ .Release.Name }}-extra" }, data: { a: "b" } },
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-text\n",
  ],
};
