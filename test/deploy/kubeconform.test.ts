import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { KUBECTL, kubectl } from "../support/kubectl.ts";
import { HELM, KUBECONFORM, type Manifest, template } from "../support/servers/helm.ts";
import { temporaryFolder } from "../support/servers/server-process.ts";
import { EVERYTHING } from "./everything.ts";

const FILES = [
  "crds",
  "install",
  "busy-workers",
  "job-runner",
  "keda",
  "secret-reader",
  "config-map-reader",
  "status-reader",
  "network-policy",
];

const MISSING = KUBECTL.skip || HELM.skip || KUBECONFORM.skip;

describe("kubeconform, strictly", { timeout: 300_000 }, () => {
  const what = "accepts the chart with its defaults and with everything on, and deploy/*.yaml";

  test(`${what}, by the schemas of a real API server`, { skip: controlPlaneSkip() || MISSING }, async (context) => {
    const plane = await startControlPlane();
    context.after(() => plane.stop());
    const { definitions } = JSON.parse(await kubectl(plane, "get", "--raw", "/openapi/v2"));
    const { minor } = JSON.parse(await kubectl(plane, "get", "--raw", "/version"));
    await conforms(await temporaryFolder(context), definitions, Number.parseInt(minor, 10));
  });

  test(`${what}, by the schemas of Kubernetes 1.36`, { skip: MISSING }, async (context) => {
    const { definitions } = JSON.parse(readFileSync("test/deploy/kubernetes-1.36.json", "utf8"));
    await conforms(await temporaryFolder(context), definitions, 36);
  });
});

async function conforms(folder: string, definitions: Record<string, Manifest>, minor: number): Promise<void> {
  writeSchemas(folder, definitions);
  const version = `1.${minor}.0`;
  const { journal, ...values } = EVERYTHING;
  const rendered = { defaults: {}, everything: { ...values, ...(minor < 21 ? {} : { journal }) } };
  const files = FILES.map((name) => `deploy/${name}.yaml`);
  for (const [name, set] of Object.entries(rendered)) {
    files.push(join(folder, `${name}.yaml`));
    writeFileSync(files.at(-1) ?? "", await template(set, "--kube-version", version));
  }
  const location = join(folder, "{{ .ResourceKind }}{{ .KindSuffix }}.json");
  // The Prometheus operator's kinds are no API server's own.
  const words = ["-strict", "-summary", "-output", "json", "-schema-location", location];
  const check = (...more: string[]) => promisify(execFile)(KUBECONFORM.path ?? "", [...words, ...more]);
  const { stdout } = await check("-skip", "ServiceMonitor,PrometheusRule", ...files);
  const { summary } = JSON.parse(stdout);
  assert.ok(summary.valid > 60, stdout);
  assert.deepEqual([summary.invalid, summary.errors, summary.skipped], [0, 0, 2]);

  const wrong = join(folder, "wrong.yaml");
  writeFileSync(wrong, (await template({}, "--kube-version", version)).replace("maxUnavailable:", "maxUnavailabel:"));
  await assert.rejects(check(wrong), ({ stdout: said }: { stdout: string }) => /maxUnavailabel/.test(said));
}

/** A file for each kind, with no property but those that are described, and one with all that they refer to. */
function writeSchemas(folder: string, definitions: Record<string, Manifest>): void {
  mkdirSync(folder, { recursive: true });
  for (const schema of Object.values(definitions)) {
    if (schema.properties !== undefined) schema.additionalProperties = false;
    // A port's or a percentage's type is told by its format alone.
    if (schema.format === "int-or-string") schema.type = ["string", "integer"];
  }
  // Of a CRD's own schema these are anything, which OpenAPI cannot say.
  for (const name of Object.keys(definitions)) {
    if (/\.v1\.(JSON|JSONSchemaPropsOr(Array|Bool))$/.test(name)) definitions[name] = {};
  }
  writeFileSync(
    join(folder, "_definitions.json"),
    JSON.stringify({ definitions }).replaceAll('"#/definitions/', '"_definitions.json#/definitions/'),
  );
  for (const [name, { "x-kubernetes-group-version-kind": kinds = [] }] of Object.entries(definitions)) {
    for (const { group, version, kind } of kinds) {
      const suffix = [...(group === "" ? [] : [group.split(".")[0]]), version].map((part) => `-${part}`).join("");
      writeFileSync(
        join(folder, `${kind}${suffix}.json`.toLowerCase()),
        JSON.stringify({ $ref: `_definitions.json#/definitions/${name}` }),
      );
    }
  }
}
