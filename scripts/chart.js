// Fills in what the Helm chart shares with the rest, and renders the manifests of deploy/ from it: `make generate`.
//   node scripts/chart.js [--check [--render]]
// --check compares only. Without --render it needs no helm: a rendered file names the hash of the templates that it was
// rendered from.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { parse } from "yaml";
import { runFlags } from "../src/cli/run-flags.ts";

const CHART = "deploy/helm/muster";
const SCHEMA = `${CHART}/values.schema.json`;
const README = `${CHART}/README.md`;
const OPTIONAL_ROLES = ["busyWorkers.enabled=true", "busyWorkers.namespaces={shop}"].map((value) => `rbac.${value}`);
/** Each manifest is the chart's own output for some values. */
const MANIFESTS = [
  {
    file: "deploy/install.yaml",
    set: ["flags.awsRegions=ap-south-1\\,ap-southeast-1"],
    about:
      "The controller and what it may do: apply deploy/crds.yaml first, which has its namespace and the CRDs. Deleting this\n" +
      "file's objects leaves every autoscaler in place.",
  },
  {
    file: "deploy/busy-workers.yaml",
    only: "roles",
    set: OPTIONAL_ROLES,
    about:
      "Optional: for autoscalers with busyWorkers, and for the protection call (PUT /api/v1/protection) of their workers. Put\n" +
      "your namespace in place of `shop`, and apply the Role and RoleBinding for each namespace.\n\n" +
      "Before a scale-down, Muster lists the workload's pods and writes annotations of those that are to go. Kubernetes cannot\n" +
      "limit `patch` to annotations: docs/security.md says what else it allows, and how to take that away again. For the\n" +
      "protection call alone, the API server says which pod a token belongs to (tokenreviews).",
  },
  {
    file: "deploy/annotates-only.yaml",
    only: "annotations-only",
    set: [...OPTIONAL_ROLES, "rbac.busyWorkers.annotationsOnly=true"],
    about:
      "Optional, beside deploy/busy-workers.yaml, for Kubernetes 1.30 and later: RBAC cannot limit `patch` on pods to annotations,\n" +
      "and so the controller's token could also change images of running pods. With this the API server refuses all but annotations.",
  },
  {
    file: "deploy/job-runner.yaml",
    only: "roles",
    set: ["rbac.jobs.enabled=true"],
    about:
      "Optional: for WorkerAutoscalers with a jobTemplate. Muster then creates their Jobs, and removes those that ended by the\n" +
      "limits that each object states. It never changes a Job, and removes none that has not ended.\n" +
      "Before Kubernetes 1.24 it also watches the pods of these Jobs, to know which are ready.\n\n" +
      "Anyone who may create or change a WorkerAutoscaler in a namespace can then have any Job created there, and so any pod:\n" +
      "with any ServiceAccount, Secret or volume of that namespace. Grant it where those people may create Jobs in any case.\n\n" +
      "One watch serves all namespaces. With `muster run --namespace shop`, make it a Role and a RoleBinding in `shop`.",
  },
  {
    file: "deploy/keda.yaml",
    only: "roles",
    set: ["rbac.keda.enabled=true"],
    about:
      "Optional: for `muster run --keda`. ScaledObjects are read, their status is written, and KEDA's finalizer is taken off those\n" +
      "that are being deleted, as nobody else would once KEDA's operator is gone. Secrets that TriggerAuthentications name are\n" +
      "granted one by one: secret-reader.yaml. So are ConfigMaps: config-map-reader.yaml.",
  },
  {
    file: "deploy/config-map-reader.yaml",
    only: "roles",
    set: ["rbac.configMaps.shop={settings}"],
    about:
      "Optional: for `muster run --keda`, where a ScaledObject's trigger reads a ConfigMap, by configMapTargetRef or by the\n" +
      "environment of its workload. Put your names in place of `shop` and `settings`, and apply it for each namespace.",
  },
  {
    file: "deploy/secret-reader.yaml",
    only: "roles",
    set: ["rbac.secrets.shop={redis-password}"],
    about:
      "Optional: for WorkerAutoscalers whose sources take a password from a Secret. Muster reads no Secret by itself; this lets\n" +
      "it read the ones that you name, in one namespace. Put your names in place of `shop` and `redis-password`, and apply it\n" +
      "for each namespace.\n\n" +
      "Anyone who may create or change a WorkerAutoscaler in that namespace can have Muster send each Secret named here to a\n" +
      "server of their own, even if they may not read Secrets themselves. So name as few as possible, and say on the Secret\n" +
      'where it may go:\n\n  metadata:\n    annotations:\n      muster.dev/allowed-hosts: "redis.shop.svc, *.db.example.com, 10.1.0.0/16"\n\n' +
      "Then Muster uses it for sources on these hosts alone (docs/security.md).",
  },
  {
    file: "deploy/status-reader.yaml",
    only: "roles",
    set: ["flags.statusAuth=token", "rbac.statusReaders[0].kind=Group", "rbac.statusReaders[0].name=ops"],
    about:
      "Optional: for `muster run --status-auth=token`, where /api/v1 and /status?format=json ask for a token of the cluster\n" +
      "(Authorization: Bearer). The controller has the API server check the token and whether its holder may list\n" +
      "workerautoscalers.muster.dev: in the namespace that is asked about, or in all of them. Put the users or service accounts\n" +
      "that may read in place of `ops`.",
  },
  {
    file: "deploy/network-policy.yaml",
    only: "network-policy",
    set: ["networkPolicy.enabled=true", "networkPolicy.fromNamespaces={monitoring,shop}"],
    about:
      "Optional: for clusters whose network enforces NetworkPolicies. Others reach the controller at its metrics and probes\n" +
      "alone, and only the pods of the monitoring namespace do, and workers that protect themselves (docs/long-jobs.md; put your\n" +
      "namespaces in place of `monitoring` and `shop`). kubelet's probes and kubectl port-forward come from the node and are not\n" +
      "affected. What the controller connects to is not limited here: its queues and metric servers are yours to name, as egress\n" +
      "rules or as --allow-source-hosts. (Kubernetes sets the label below itself from 1.21 on; before, set it.)",
  },
  {
    file: "deploy/pod-disruption-budget.yaml",
    only: "pod-disruption-budget",
    set: ["podDisruptionBudget.enabled=true"],
    version: "1.21.0",
    about: "Optional: keeps one of the two controllers while nodes are drained. Kubernetes 1.21 or newer.",
  },
  {
    file: "deploy/service-monitor.yaml",
    only: "monitors",
    set: ["metrics.serviceMonitor.enabled=true"],
    about: "Optional: for clusters with the Prometheus operator, which brings the kind ServiceMonitor.",
  },
];

const checking = process.argv.includes("--check");
const rendering = !checking || process.argv.includes("--render");
const read = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
const comment = (text) => text.replaceAll(/^/gm, "# ").replaceAll(/ +$/gm, "");

/** A flag's name among the values: --log-level is logLevel. */
export function valueName(long) {
  return long.slice(2).replaceAll(/-(.)/g, (_, letter) => letter.toUpperCase());
}

function flagSchema({ description, argChoices, defaultValue, presetArg, parseArg }) {
  if (presetArg === "true") return { type: "boolean", description };
  if (argChoices) return { enum: [...argChoices], description };
  const isNumber = typeof defaultValue === "number" || (defaultValue === undefined && parseArg !== undefined);
  return { type: isNumber ? "number" : "string", description };
}

/** The schema with a property for each flag of `muster run`. */
function schemaWithFlags() {
  const schema = JSON.parse(readFileSync(SCHEMA, "utf8"));
  const properties = Object.fromEntries(runFlags().map((flag) => [valueName(flag.long), nullable(flagSchema(flag))]));
  schema.properties.flags = {
    type: "object",
    description: "flags of `muster run`, in camel case; generated from the program's own list",
    additionalProperties: false,
    properties,
  };
  return schema;
}

/** A null takes a value of another file away. */
function nullable({ type, enum: words, description }) {
  return type === undefined ? { description, enum: [...words, null] } : { type: [type, "null"], description };
}

/** The chart's page: its own words, then a table of values and one of flags. */
function readme(schema) {
  const values = parse(readFileSync(`${CHART}/values.yaml`, "utf8"));
  const [own] = (read(README) ?? "").split("<!-- generated");
  const rows = Object.entries(schema.properties).flatMap(([name, property]) => valueRows(name, property, values[name]));
  const flags = runFlags().map(
    ({ long, description }) => `| \`flags.${valueName(long)}\` | \`${long}\` | ${cell(description)} |\n`,
  );
  return (
    `${own}<!-- generated by \`make generate\` from values.yaml, values.schema.json and the program's flags -->\n` +
    `| value | default | meaning |\n|---|---|---|\n${rows.join("")}\n## Flags\n\n` +
    `| value | flag | meaning |\n|---|---|---|\n${flags.join("")}`
  );
}

function valueRows(path, { description, properties }, value, about) {
  if (properties === undefined || path === "flags" || path === "global") {
    return [
      `| \`${path}\` | ${value === undefined ? "" : `\`${JSON.stringify(value)}\``} | ${cell(path.endsWith(".enabled") ? about : description)} |\n`,
    ];
  }
  return Object.entries(properties).flatMap(([name, property]) =>
    valueRows(`${path}.${name}`, property, value?.[name], description),
  );
}

const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("<", "&lt;");

/** Everything that helm reads for the manifests, as a hash. */
function hashOfTemplates() {
  const hash = createHash("sha256");
  const templates = readdirSync(`${CHART}/templates`).map((name) => `${CHART}/templates/${name}`);
  for (const file of [`${CHART}/Chart.yaml`, `${CHART}/values.yaml`, "scripts/chart.js", ...templates.sort()]) {
    hash.update(`${file}\n${readFileSync(file, "utf8")}`);
  }
  return hash.digest("hex").slice(0, 16);
}

function findHelm() {
  const folders = [...(process.env.PATH ?? "").split(delimiter), join(homedir(), ".cache/muster/helm")];
  return folders.map((folder) => join(folder, "helm")).find((path) => existsSync(path));
}

/** What helm makes of the chart, without its marks: these files belong to no release. */
function render(helm, { only, set, version = "1.20.0" }) {
  const values = ["crds.enabled=false", "podDisruptionBudget.enabled=false", "selectByInstance=false", ...set];
  const words = ["template", "muster", CHART, "--namespace", "muster", "--kube-version", version];
  if (only !== undefined) words.push("--show-only", `templates/${only}.yaml`);
  const text = execFileSync(helm, [...words, ...values.flatMap((value) => ["--set", value])], { encoding: "utf8" });
  return text
    .replaceAll(/^# Source: .*\n/gm, "")
    .replaceAll(/^ *(app\.kubernetes\.io\/(managed-by|instance|version)|helm\.sh\/chart): .*\n/gm, "")
    .replace(/^---\n/, "");
}

function generatedFiles() {
  const files = new Map();
  const schema = schemaWithFlags();
  files.set(SCHEMA, `${JSON.stringify(schema, undefined, 2)}\n`);
  files.set(README, readme(schema));
  const named = (folder, end) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith(end))
          .sort()
          .map((name) => join(folder, name))
      : [];
  const crds = named("deploy/crds", ".yaml");
  for (const file of crds) files.set(`${CHART}/files/crds/${basename(file)}`, read(file));
  for (const file of named("deploy/crds/cel", ".yaml"))
    files.set(`${CHART}/files/crds/cel/${basename(file)}`, read(file));
  for (const file of named("deploy/dashboards", ".json")) {
    files.set(`${CHART}/files/dashboards/${basename(file)}`, read(file));
  }
  files.set(`${CHART}/files/alerts.yaml`, read("deploy/alerts.yaml"));
  const head = "What stays when the controller is removed: its namespace, and the CRDs with every autoscaler.";
  const namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: muster\n";
  const documents = [namespace, ...crds.map(read)].map((text) => `---\n${text}`).join("");
  files.set("deploy/crds.yaml", `# Generated by \`make generate\` from deploy/crds. ${head}\n${documents}`);
  return files;
}

function setManifests(files, hash) {
  const helm = rendering ? findHelm() : undefined;
  for (const manifest of MANIFESTS) {
    const mark = `# Generated by \`make generate\` from ${CHART} (${hash}): change that.\n`;
    const current = read(manifest.file);
    if (helm !== undefined) files.set(manifest.file, `${mark}${comment(manifest.about)}\n${render(helm, manifest)}`);
    else if (current?.startsWith(mark) !== true) {
      process.stderr.write(
        `${manifest.file} is older than the chart's templates: get helm by scripts/fetch-helm.sh, then \`make generate\`\n`,
      );
      process.exitCode = 1;
    }
  }
}

const files = generatedFiles();
setManifests(files, hashOfTemplates());
const copies = ["crds", "crds/cel", "dashboards"].map((name) => `${CHART}/files/${name}`).filter(existsSync);
const surplus = copies
  .flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => join(folder, name)),
  )
  .filter((file) => !files.has(file));
for (const file of surplus) {
  if (!checking) rmSync(file);
  else {
    process.stderr.write(`${file} has no original any more: run \`make generate\`\n`);
    process.exitCode = 1;
  }
}
for (const [file, text] of files) {
  if (text === read(file)) continue;
  if (!checking) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } else {
    process.stderr.write(`${file} is not what its originals make of it: run \`make generate\`\n`);
    process.exitCode = 1;
  }
}
