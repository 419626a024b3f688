import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { environmentNames, runFlags } from "../../src/cli/run-flags.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: manifests of any kind
const manifests: readonly any[] = parseAllDocuments(readFileSync("deploy/install.yaml", "utf8")).map((document) =>
  document.toJS(),
);
const chart = parse(readFileSync("deploy/helm/muster/Chart.yaml", "utf8"));
const ofKind = (kind: string) => manifests.filter((manifest) => manifest.kind === kind);

test("no rule has a wildcard, and none speaks of Secrets", () => {
  const rules: Rule[] = [...ofKind("ClusterRole"), ...ofKind("Role")].flatMap(({ rules }) => rules);
  assert.ok(rules.length > 0);
  for (const rule of rules) {
    const words = [...rule.apiGroups, ...rule.resources, ...rule.verbs];
    assert.ok(!words.some((word) => word.includes("*")), JSON.stringify(rule));
    assert.ok(!rule.resources.some((resource) => resource.startsWith("secrets")), JSON.stringify(rule));
  }
});

test("the pods run as nobody, with no privilege, a read-only root file system, probes and limits", () => {
  const [deployment] = ofKind("Deployment");
  const pod = deployment.spec.template.spec;
  const [container] = pod.containers;
  assert.equal(pod.securityContext.runAsNonRoot, true);
  assert.deepEqual(pod.securityContext.seccompProfile, { type: "RuntimeDefault" });
  assert.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  assert.equal(container.livenessProbe.httpGet.path, "/healthz");
  assert.equal(container.readinessProbe.httpGet.path, "/readyz");
  for (const amount of ["cpu", "memory"]) {
    assert.ok(container.resources.requests[amount]);
    assert.ok(container.resources.limits[amount]);
  }
});

test("the journal is on, in a volume that is larger than all files it keeps", () => {
  const [deployment] = ofKind("Deployment");
  const { containers, volumes } = deployment.spec.template.spec;
  const [{ env, volumeMounts }] = containers;
  const { value: path } = env.find(({ name }: { name: string }) => name === environmentNames("--journal")[0]);
  const mount = volumeMounts.find(({ mountPath }: { mountPath: string }) => path === `${mountPath}/journal.jsonl`);
  const { emptyDir } = volumes.find(({ name }: { name: string }) => name === mount.name);
  const mebibytes = Number(/^(\d+)Mi$/.exec(emptyDir.sizeLimit)?.[1]);
  const byDefault = (flag: string) => Number(runFlags().find(({ long }) => long === flag)?.defaultValue);
  assert.ok(mebibytes * 2 ** 20 > byDefault("--journal-max-bytes") * (byDefault("--journal-files") + 1));
});

test("Kubernetes sets no variables for Services, which could be taken for flags", () => {
  const [deployment] = ofKind("Deployment");
  assert.equal(deployment.spec.template.spec.enableServiceLinks, false);
});

test("the image has the version of the package", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const [deployment] = ofKind("Deployment");
  assert.equal(deployment.spec.template.spec.containers[0].image, `muster:${version}`);
  assert.deepEqual([chart.version, chart.appVersion], [version, version]);
  for (const file of ["deploy/Dockerfile", "deploy/install.sh"]) {
    assert.ok(readFileSync(file, "utf8").includes(`muster:${version}`), file);
  }
});

test("the service and the monitors find the pods", () => {
  const [deployment] = ofKind("Deployment");
  const [service] = ofKind("Service");
  const { labels } = deployment.spec.template.metadata;
  assert.deepEqual(deployment.spec.selector.matchLabels, labels);
  assert.deepEqual(service.spec.selector, labels);
  for (const file of ["deploy/service-monitor.yaml", "deploy/pod-disruption-budget.yaml"]) {
    const [document] = parseAllDocuments(readFileSync(file, "utf8"));
    assert.deepEqual(document?.toJS().spec.selector.matchLabels, labels, file);
  }
});

test("the network policy is for the Deployment's pods, and opens the port of metrics and probes and nothing else", () => {
  const [deployment] = ofKind("Deployment");
  const { labels } = deployment.spec.template.metadata;
  const documents = parseAllDocuments(readFileSync("deploy/network-policy.yaml", "utf8"));
  assert.equal(documents.length, 1);
  const policy = documents[0]?.toJS();
  assert.deepEqual([policy.apiVersion, policy.kind], ["networking.k8s.io/v1", "NetworkPolicy"]);
  assert.equal(policy.metadata.namespace, deployment.metadata.namespace);
  assert.deepEqual(policy.spec.podSelector.matchLabels, labels);
  assert.deepEqual(policy.spec.policyTypes, ["Ingress"]);
  const [container] = deployment.spec.template.spec.containers;
  const [{ containerPort }] = container.ports;
  assert.equal(containerPort, ofKind("Service")[0].spec.ports[0].port);
  const from = (namespace: string) => ({
    from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } }],
    ports: [{ protocol: "TCP", port: containerPort }],
  });
  assert.deepEqual(policy.spec.ingress, [from("monitoring"), from("shop")]);
});

test("the image is built in one stage and run in another, as nobody in particular", () => {
  const lines = readFileSync("deploy/Dockerfile", "utf8").split("\n");
  assert.equal(lines.filter((line) => line.startsWith("FROM ")).length, 2);
  const [deployment] = ofKind("Deployment");
  const { runAsUser, runAsGroup } = deployment.spec.template.spec.securityContext;
  assert.ok(lines.includes(`USER ${runAsUser}:${runAsGroup}`));
});

test("the Dockerfile copies nothing that .dockerignore leaves out", () => {
  const kept = readFileSync(".dockerignore", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1));
  const copied = readFileSync("deploy/Dockerfile", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
    .flatMap((line) => line.split(" ").slice(1, -1));
  assert.deepEqual([...new Set(copied)].sort(), [...kept].sort());
});

test("the krew manifest names what the npm package has", () => {
  const plugin = parse(readFileSync("deploy/krew/muster.yaml", "utf8"));
  assert.equal(plugin.apiVersion, "krew.googlecontainertools.github.com/v1alpha2");
  assert.ok(plugin.spec.shortDescription.length <= 50);
  const { bin, files } = JSON.parse(readFileSync("package.json", "utf8"));
  const [platform] = plugin.spec.platforms;
  assert.equal(bin[`kubectl-${plugin.metadata.name}`], `./${platform.bin}`);
  const packed = platform.files.map(({ from }: { from: string }) => from.replace("package/", ""));
  for (const name of packed.filter((one: string) => !["package.json", "LICENSE"].includes(one))) {
    assert.ok(
      files.some((one: string) => one === name || one.startsWith(`${name}/`)),
      name,
    );
  }
});
