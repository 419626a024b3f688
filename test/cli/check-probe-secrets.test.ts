import assert from "node:assert/strict";
import { before, test } from "node:test";
import { stringify } from "yaml";
import { fileEnding } from "../support/at-end.ts";
import { runMuster } from "../support/muster.ts";
import { POSTGRESQL, type Postgresql, startPostgresql } from "../support/servers/postgresql.ts";

const ending = fileEnding();
/** What a program that makes a credential of the reference's words would send. */
const STAND_INS = ["shop-db/password", "not handed in: key password of Secret shop-db"];
let server: Postgresql;

before(async () => {
  if (POSTGRESQL.skip) return;
  server = await startPostgresql(ending);
  await server.run("create user app password 'right'");
  for (const [index, password] of STAND_INS.entries()) {
    await server.run(`create user careless${index} password '${password}'`);
  }
});

const secret = (data: object) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "shop-db", namespace: "t" },
  ...data,
});

function autoscaler(username = "app", namespace = "t") {
  const password = { secretRef: { name: "shop-db", key: "password" } };
  const source = {
    postgresql: { host: "127.0.0.1", port: server.port, database: "postgres", username, password, query: "select 3" },
  };
  return {
    apiVersion: "muster.dev/v1alpha1",
    kind: "WorkerAutoscaler",
    metadata: { name: "w", namespace },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "w" },
      minReplicas: 0,
      maxReplicas: 5,
      signals: [{ name: "db", source, perReplica: { value: 1 } }],
    },
  };
}

const documents = (...all: readonly object[]) => all.map((one) => stringify(one)).join("---\n");
const probed = (text: string, ...flags: readonly string[]) =>
  runMuster(["check", "--probe", ...flags, "-"], { input: text });

test("--probe logs in with the Secret of the same input", { skip: POSTGRESQL.skip, timeout: 60_000 }, async () => {
  for (const data of [
    { stringData: { password: "right" } },
    { data: { password: Buffer.from("right").toString("base64") } },
  ]) {
    const { status, stdout, stderr } = await probed(documents(secret(data), autoscaler()));
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^ok: -: WorkerAutoscaler t\/w\n {2}db: value 3$/m);
    assert.ok(!stdout.includes("right"));
  }
});

test("--probe does not print ok over a failed read", { skip: POSTGRESQL.skip, timeout: 60_000 }, async () => {
  const text = documents(secret({ stringData: { password: "wrong" } }), autoscaler());
  const { status, stdout } = await probed(text);
  assert.equal(status, 1);
  assert.match(stdout, /^not read: -: WorkerAutoscaler t\/w$/m);
  assert.match(stdout, /db cannot be read: Unauthorized: .*password authentication failed.*\(28P01\)/);
  assert.doesNotMatch(stdout, /^ok/m);
  const json = JSON.parse((await probed(text, "-o", "json")).stdout);
  assert.equal(json[0].ok, false);
});

test("--probe never sends a credential that was not handed in", {
  skip: POSTGRESQL.skip,
  timeout: 60_000,
}, async () => {
  const elsewhere = {
    ...secret({ stringData: { password: "right" } }),
    metadata: { name: "shop-db", namespace: "other" },
  };
  for (const text of [
    documents(autoscaler("careless0")),
    documents(autoscaler("careless1")),
    documents(elsewhere, autoscaler()),
  ]) {
    const { status, stdout } = await probed(text);
    assert.equal(status, 1);
    assert.match(stdout, /postgresql is not read without password \(key password of Secret shop-db\)/);
    assert.doesNotMatch(stdout, /^ok/m);
  }
});
