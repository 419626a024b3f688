import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import { KUBECTL, kubectl } from "../support/kubectl.ts";
import { requirement } from "../support/requirement.ts";

const SHELLCHECK = requirement("shellcheck", "install it with `apt-get install shellcheck`");
const KEYS = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "a/very+secret\\key" };

const run = promisify(execFile);

/** Runs deploy/install.sh with nothing of this machine's AWS in its environment. */
async function install(words: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  const { stdout, stderr } = await run("deploy/install.sh", words, { env: { ...Object.fromEntries(own), ...env } });
  return stdout + stderr;
}

test("shellcheck has nothing to say", { skip: SHELLCHECK.skip }, async () => {
  await run(SHELLCHECK.path ?? "", ["deploy/install.sh", ".ci/run"]);
});

test("--print shows the manifest with the user's regions, image and namespace", async () => {
  const text = await install(["--print"], {
    AWS_REGIONS: "eu-west-1",
    MUSTER_IMAGE: "registry.example.com/tools/muster:1",
    NAMESPACE: "scaling",
  });
  assert.match(text, /value: eu-west-1\n/);
  assert.match(text, /namespace: scaling\n/);
  assert.match(text, /image: registry\.example\.com\/tools\/muster:1\n/);
  assert.doesNotMatch(text, /namespace: (muster|kube-system)/);
});

for (const [minor, knowsRules] of [
  ["20", false],
  ["24+", false],
  ["25", true],
  ["36+", true],
] as const) {
  test(`on a server 1.${minor} the CRD has ${knowsRules ? "" : "no "}CEL rules`, { skip: KUBECTL.skip }, async (t) => {
    const server = createServer((_, answer) => answer.end(JSON.stringify({ major: "1", minor })));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const directory = mkdtempSync(join(tmpdir(), "installer-"));
    t.after(() => {
      server.close();
      rmSync(directory, { recursive: true });
    });
    const path = join(directory, "kubeconfig");
    const { port } = server.address() as AddressInfo;
    writeFileSync(
      path,
      `{apiVersion: v1, kind: Config, current-context: c, clusters: [{name: c, cluster: {server: "http://127.0.0.1:${port}"}}], contexts: [{name: c, context: {cluster: c}}]}`,
    );
    const text = await install(["--print"], { KUBECONFIG: path });
    const crd = knowsRules ? "deploy/crds/cel" : "deploy/crds";
    assert.ok(text.includes(readFileSync(`${crd}/muster.dev_workerautoscalers.yaml`, "utf8")));
    assert.equal(text.includes("x-kubernetes-validations"), knowsRules);
    const documents = (yaml: string) => parseAllDocuments(yaml).map((document) => document.toJS().metadata.name);
    const shipped = ["deploy/crds.yaml", "deploy/install.yaml"].flatMap((file) =>
      documents(readFileSync(file, "utf8")),
    );
    assert.deepEqual(documents(text), shipped.slice(1));
  });
}

for (const [what, words, env, said] of [
  ["an unknown option", ["--force"], {}, /expected --wait, .* got "--force"/],
  ["a namespace that is none", [], { NAMESPACE: "a b" }, /expected NAMESPACE to be like "muster", got "a b"/],
  ["a region that is none", [], { AWS_REGIONS: "eu west" }, /expected AWS_REGIONS to be like .* got "eu west"/],
  ["an image that is none", [], { MUSTER_IMAGE: "a b" }, /expected MUSTER_IMAGE to be like/],
  [
    "half a pair of keys",
    [],
    { AWS_ACCESS_KEY_ID: "AKIA" },
    /expected both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/,
  ],
  ["keys that expire", [], { ...KEYS, AWS_SESSION_TOKEN: "t" }, /these AWS keys are temporary/],
] as const) {
  test(`${what} is refused before anything is done`, async () => {
    await assert.rejects(install(words, env), (error: { code: number; stderr: string }) => {
      assert.equal(error.code, 2);
      assert.match(error.stderr, said);
      return true;
    });
  });
}

describe("deploy/install.sh on a real API server", {
  skip: controlPlaneSkip() || KUBECTL.skip,
  timeout: 500_000,
}, () => {
  let plane: ControlPlane;
  const get = (what: string, path: string, namespace = "muster") =>
    kubectl(plane, "-n", namespace, "get", ...what.split(" "), "-o", `jsonpath=${path}`);
  const there = (env: Record<string, string>) => ({ KUBECONFIG: plane.kubeconfigPath, ...env });

  before(async () => {
    plane = await startControlPlane();
  });

  after(() => plane?.stop());

  test("keeps the keys in a Secret and shows them to nobody", async () => {
    const said = await install([], there({ AWS_REGIONS: "eu-west-1", ...KEYS }));
    for (const key of Object.values(KEYS)) assert.ok(!said.includes(key));
    const data = JSON.parse(await get("secret muster-aws", "{.data}"));
    for (const [name, key] of Object.entries(KEYS)) {
      assert.equal(Buffer.from(data[name], "base64").toString(), key);
    }
    assert.equal(await get("secret muster-aws", "{.metadata.annotations}"), "");
    const env = JSON.parse(await get("deployment muster", "{.spec.template.spec.containers[0].env}"));
    assert.equal(env.find(({ name }: { name: string }) => name === "MUSTER_AWS_REGIONS").value, "eu-west-1");
  });

  test("run again, changes nothing; with other keys, restarts the pods", async () => {
    const generation = () => get("deployment muster", "{.metadata.generation}");
    const before = await generation();
    await install([], there({ AWS_REGIONS: "eu-west-1" }));
    await install([], there({ AWS_REGIONS: "eu-west-1", ...KEYS }));
    assert.equal(await generation(), before);
    assert.equal(JSON.parse(await get("secret muster-aws", "{.data}")).AWS_ACCESS_KEY_ID, "QUtJQUVYQU1QTEU=");
    await install([], there({ AWS_REGIONS: "eu-west-1", ...KEYS, AWS_SECRET_ACCESS_KEY: "rotated" }));
    assert.notEqual(await generation(), before);
  });

  test("gives the service account a role, for the pods to start with", async () => {
    const role = "arn:aws:iam::123456789012:role/muster";
    await install([], there({ AWS_ROLE_ARN: role }));
    const annotations = JSON.parse(await get("serviceaccount muster", "{.metadata.annotations}"));
    assert.equal(annotations["eks.amazonaws.com/role-arn"], role);
  });

  test("stops the old controller, unless told to keep it", async () => {
    await kubectl(plane, "-n", "kube-system", "create", "deployment", "workerpodautoscaler", "--image", "old");
    const replicas = () => get("deployment workerpodautoscaler", "{.spec.replicas}", "kube-system");
    await install(["--keep-old"], there({}));
    assert.equal(await replicas(), "1");
    assert.match(await install([], there({})), /The old controller is stopped/);
    assert.equal(await replicas(), "0");
  });

  test("stays in kube-system where it runs there, and moves when told to, so that one acts", async () => {
    await kubectl(plane, "delete", "-f", "deploy/install.yaml");
    const inOld = (words: string) => get(words, "{.spec.replicas}", "kube-system");
    await install([], there({ NAMESPACE: "kube-system", ...KEYS }));
    assert.equal(await inOld("deployment muster"), "2");
    await install([], there({}));
    assert.equal(await kubectl(plane, "-n", "muster", "get", "deployment", "-o", "name"), "");
    await kubectl(plane, "-n", "muster", "delete", "secret", "muster-aws");
    const said = await install([], there({ NAMESPACE: "muster" }));
    assert.match(said, /old controller is stopped.*NAMESPACE=kube-system/);
    assert.match(said, /Secret muster-aws stays in kube-system/);
    assert.equal(await inOld("deployment muster"), "0");
    assert.equal(await get("clusterrolebinding muster", "{.subjects[*].namespace}"), "muster");
    await kubectl(plane, "-n", "kube-system", "delete", "deployment", "muster");
  });

  test("installs into a namespace that does not exist yet", async () => {
    await install([], there({ NAMESPACE: "scaling" }));
    assert.equal(await get("deployment muster", "{.spec.replicas}", "scaling"), "2");
    assert.equal(await get("rolebinding muster", "{.subjects[0].namespace}", "scaling"), "scaling");
  });
});
