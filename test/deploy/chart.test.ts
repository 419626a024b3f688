import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { parse, parseAllDocuments } from "yaml";
import { environmentNames, runFlags } from "../../src/cli/run-flags.ts";
import { CHART, HELM, HELM_UNITTEST, helm, type Manifest, render, template } from "../support/servers/helm.ts";
import { temporaryFolder } from "../support/servers/server-process.ts";
import { EVERYTHING } from "./everything.ts";

const run = promisify(execFile);
const schema = JSON.parse(readFileSync(`${CHART}/values.schema.json`, "utf8"));
const valueName = (long: string) => long.slice(2).replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

function one(manifests: readonly Manifest[], kind: string): Manifest {
  const [found, ...others] = manifests.filter((manifest) => manifest.kind === kind);
  assert.ok(
    found !== undefined && others.length === 0,
    `${kind}: expected one, got ${others.length + (found ? 1 : 0)}`,
  );
  return found;
}

const podOf = (manifests: readonly Manifest[]) => one(manifests, "Deployment").spec.template.spec;
const kinds = (manifests: readonly Manifest[]) => new Set(manifests.map(({ kind }) => kind));

test("each flag of `muster run` is a value, and no other is", () => {
  const { properties, additionalProperties } = schema.properties.flags;
  assert.equal(additionalProperties, false);
  assert.deepEqual(
    Object.keys(properties),
    runFlags().map(({ long }) => valueName(long ?? "")),
  );
});

test("every value has a default, a description and its type in the schema", () => {
  const walk = (path: string, value: unknown, property: Manifest): void => {
    assert.ok(property?.description, `${path} has no description`);
    if (property.properties === undefined || path === "flags") return;
    assert.equal(property.additionalProperties, false, path);
    assert.deepEqual(Object.keys(value as object), Object.keys(property.properties), path);
    for (const [name, inner] of Object.entries(value as object))
      walk(`${path}.${name}`, inner, property.properties[name]);
  };
  const values = parse(readFileSync(`${CHART}/values.yaml`, "utf8"));
  assert.deepEqual(
    Object.keys(values).sort(),
    Object.keys(schema.properties)
      .filter((name) => name !== "global")
      .sort(),
  );
  for (const [name, value] of Object.entries(values)) walk(name, value, schema.properties[name]);
});

describe("the chart, by the real helm", { skip: HELM.skip, timeout: 300_000 }, () => {
  test("lints with its defaults and with everything on", async (context) => {
    const file = join(await temporaryFolder(context), "everything.yaml");
    writeFileSync(file, JSON.stringify(EVERYTHING));
    await helm("lint", "--strict", CHART);
    await helm("lint", "--strict", CHART, "--values", file);
  });

  test("deploy/*.yaml are what it renders", async () => {
    await run(process.execPath, ["scripts/chart.js", "--check", "--render"]);
  });

  test("each flag reaches the program as its variable, numbers without an exponent", async () => {
    const samples = runFlags().map(({ long = "", argChoices, defaultValue, presetArg }) => {
      if (presetArg === "true") return [long, true] as const;
      if (argChoices) return [long, argChoices.at(-1) ?? ""] as const;
      return [long, typeof defaultValue === "number" ? 16_777_216 : "15"] as const;
    });
    const flags = Object.fromEntries(
      samples.map(([long, value]) => [valueName(long), /^--lease-(d|re)/.test(long) ? Number(value) : value]),
    );
    const [container] = podOf(await render({ flags })).containers;
    const env = new Map(container.env.map(({ name, value }: { name: string; value: string }) => [name, value]));
    for (const [long, value] of samples) assert.equal(env.get(environmentNames(long)[0]), String(value), long);
    const names = container.env.map(({ name }: { name: string }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  });

  for (const [what, values, said] of [
    ["an unknown flag", { flags: { loglevel: "debug" } }, /loglevel/],
    ["a flag's word that the program does not know", { flags: { logLevel: "loud" } }, /logLevel/],
    ["a misspelled key below the root", { image: { repositry: "x" } }, /repositry/],
    ["a misspelled role", { rbac: { busyWorker: { enabled: true } } }, /busyWorker/],
    ["a number that is text", { replicas: "two" }, /replicas/],
    ["a digest that is none", { image: { digest: "latest" } }, /digest/],
    ["a Secret's name that is no list", { rbac: { secrets: { shop: "redis-password" } } }, /secrets/],
    [
      "a ServiceAccount without its namespace",
      { rbac: { statusReaders: [{ kind: "ServiceAccount", name: "x" }] } },
      /namespace/,
    ],
    [
      "both monitors",
      { metrics: { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } } },
      /scraped twice: enable one/,
    ],
    ["no election among several replicas", { flags: { leaderElect: false } }, /set replicas to 1/],
  ] as const) {
    test(`refuses ${what}`, async () => {
      await assert.rejects(template(values), (error: { stderr: string }) => said.test(error.stderr));
    });
  }

  test("takes what a parent chart shares, unknown keys at the root, and null for a value that is not wanted", async () => {
    const global = { imageRegistry: "registry.example.com", imagePullSecrets: ["shared"], team: "platform" };
    const manifests = await render({
      global,
      tags: { any: true },
      "flags.logLevel": null,
      "image.digest": `sha256:${"a".repeat(64)}`,
    });
    const pod = podOf(manifests);
    assert.equal(pod.containers[0].image, `registry.example.com/muster@sha256:${"a".repeat(64)}`);
    assert.deepEqual(pod.imagePullSecrets, [{ name: "shared" }]);
    assert.ok(!JSON.stringify(pod).includes("MUSTER_LOG_LEVEL"));
  });

  test("acts in one namespace without a single object of the whole cluster", async () => {
    const manifests = await render({
      "flags.namespace": "shop",
      rbac: {
        busyWorkers: { enabled: false },
        jobs: { enabled: true },
        secrets: { shop: ["a", "b"] },
        keda: { enabled: true },
      },
    });
    assert.ok(!kinds(manifests).has("ClusterRole") && !kinds(manifests).has("ClusterRoleBinding"));
    const outside = manifests.filter(({ metadata }) => !["shop", "muster"].includes(metadata.namespace));
    assert.deepEqual(outside, []);
    const names = manifests
      .filter(({ kind }) => kind === "Role")
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    assert.deepEqual(names.sort(), [
      "muster/muster-lease",
      "shop/muster",
      "shop/muster-job-runner",
      "shop/muster-keda",
      "shop/muster-secrets",
    ]);
  });

  test("two releases in one namespace share neither name, Lease nor pods", async () => {
    const [a, b] = (await Promise.all(
      ["team-a", "team-b"].map(async (namespace) => {
        const words = [
          "template",
          `muster-${namespace}`,
          CHART,
          "-n",
          "muster",
          "--set",
          `flags.namespace=${namespace},crds.enabled=false`,
        ];
        return parseAllDocuments(await helm(...words)).map((document) => document.toJS());
      }),
    )) as [Manifest[], Manifest[]];
    const named = (manifests: Manifest[]) =>
      manifests.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`);
    assert.deepEqual(
      named(a).filter((name) => named(b).includes(name)),
      [],
    );
    const selector = (manifests: Manifest[]) => one(manifests, "Deployment").spec.selector.matchLabels;
    assert.notDeepEqual(selector(a), selector(b));
    assert.deepEqual(one(a, "Service").spec.selector, selector(a));
    const lease = (manifests: Manifest[]) =>
      podOf(manifests).containers[0].env.find(({ name }: Manifest) => name === "MUSTER_LEASE_NAME").value;
    assert.deepEqual([lease(a), lease(b)], ["muster-team-a", "muster-team-b"]);
  });

  test("the CRDs are the generated ones, kept, and have CEL rules from 1.25 on", async () => {
    const crdsFor = async (version: string, values: object = {}) =>
      parseAllDocuments(await template(values, "--kube-version", version, "--show-only", "templates/crds.yaml")).map(
        (document) => document.toJS(),
      );
    for (const [version, folder] of [
      ["1.20.0", "deploy/crds"],
      ["1.24.9", "deploy/crds"],
      ["1.25.0", "deploy/crds/cel"],
      ["1.36.3", "deploy/crds/cel"],
    ] as const) {
      const crds = await crdsFor(version);
      assert.deepEqual(
        crds.map(({ metadata }) => metadata.annotations),
        Array(2).fill({ "helm.sh/resource-policy": "keep" }),
      );
      const specs = [
        `deploy/crds/k8s.practo.dev_workerpodautoscalers.yaml`,
        `${folder}/muster.dev_workerautoscalers.yaml`,
      ];
      assert.deepEqual(
        crds.map(({ spec }) => spec),
        specs.map((file) => parse(readFileSync(file, "utf8")).spec),
      );
    }
    const [crd] = await crdsFor("1.36.3", { crds: { keep: false, annotations: { a: "b" }, validationRules: "never" } });
    assert.deepEqual(crd.metadata.annotations, { a: "b" });
    assert.ok(
      !(await template({ "crds.validationRules": "never" }, "--kube-version", "1.36.3")).includes(
        "x-kubernetes-validations",
      ),
    );
  });

  test("the alerts and the dashboards are those of deploy/", async () => {
    const metrics = { prometheusRule: { enabled: true }, dashboards: { enabled: true } };
    const manifests = await render({ metrics });
    assert.deepEqual(one(manifests, "PrometheusRule").spec, parse(readFileSync("deploy/alerts.yaml", "utf8")));
    const maps = manifests.filter(({ kind }) => kind === "ConfigMap");
    assert.ok(maps.length > 0);
    for (const { data, metadata } of maps) {
      assert.equal(metadata.labels.grafana_dashboard, "1");
      for (const [file, text] of Object.entries(data))
        assert.equal(text, readFileSync(`deploy/dashboards/${file}`, "utf8"));
    }
    const overrides = { MusterLeaderChanges: null, MusterNobodyActs: { alert: "MusterNobodyActs", expr: "vector(1)" } };
    const rules = one(await render({ metrics: { prometheusRule: { enabled: true, overrides } } }), "PrometheusRule")
      .spec.groups[0].rules;
    assert.equal(rules.find(({ alert }: Manifest) => alert === "MusterNobodyActs").expr, "vector(1)");
    assert.ok(!rules.some(({ alert }: Manifest) => alert === "MusterLeaderChanges"));
  });

  test("its own unit tests pass", { skip: HELM_UNITTEST.skip }, async () => {
    const { stdout } = await run(HELM_UNITTEST.path ?? "", ["--strict", CHART]);
    assert.match(stdout, /Tests: +[1-9]\d+ passed, \d+ total/);
  });
});
