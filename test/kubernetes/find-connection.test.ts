import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type ConnectionChoice, findConnection } from "../../src/kubernetes/connection/find-connection.ts";

const SIGNAL = new AbortController().signal;
const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
const SECRET = "s3cr3t-t0ken";
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "muster-kubeconfig-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Written {
  readonly cluster?: string;
  readonly user?: string;
  readonly name?: string;
}

function kubeconfig({
  cluster = "server: https://one:6443",
  user = `token: ${SECRET}`,
  name = "one",
}: Written): string {
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{name: c-${name}, cluster: {${cluster}}}]
users: [{name: u-${name}, user: {${user}}}]
contexts: [{name: ${name}, context: {cluster: c-${name}, user: u-${name}, namespace: ns-${name}}}]
`;
}

function find(choice: ConnectionChoice) {
  return findConnection({ environment: {}, home: folder, serviceAccountFolder: join(folder, "none"), ...choice });
}

async function problem(choice: ConnectionChoice, use = false): Promise<string> {
  const attempt = find(choice).then(async (found) =>
    use ? void (await found.credentials.current(SIGNAL)) : undefined,
  );
  const error = await attempt.then(
    () => assert.fail("expected a failure"),
    (reason: Error) => reason,
  );
  assert.ok(!error.message.includes(SECRET), "shows no secret");
  return error.message;
}

test("--kube-config comes before KUBECONFIG, that before the service account, that before ~/.kube/config", async () => {
  mkdirSync(join(folder, ".kube"));
  mkdirSync(join(folder, "account"));
  file(".kube/config", kubeconfig({ name: "home" }));
  file("account/token", "account-token\n");
  file("account/ca.crt", PEM);
  file("account/namespace", "shop\n");
  const environment = {
    KUBECONFIG: file("listed", kubeconfig({ name: "listed" })),
    KUBERNETES_SERVICE_HOST: "10.0.0.1",
    KUBERNETES_SERVICE_PORT: "443",
  };
  const choice = { environment, serviceAccountFolder: join(folder, "account") };
  const given = await find({ ...choice, path: file("given", kubeconfig({ name: "given" })) });
  assert.equal(given.namespace, "ns-given");
  assert.equal((await find(choice)).namespace, "ns-listed");
  const account = await find({ ...choice, environment: { ...environment, KUBECONFIG: "" } });
  assert.equal(account.namespace, "shop");
  assert.equal(account.server.href, "https://10.0.0.1/");
  assert.deepEqual(await account.credentials.current(SIGNAL), {
    headers: { authorization: "Bearer account-token" },
    ca: PEM,
  });
  assert.equal((await find({})).namespace, "ns-home");
  rmSync(join(folder, ".kube"), { recursive: true });
  assert.match(await problem({}), /^expected a cluster: give --kube-config or KUBECONFIG/);
});

test("a service account's token is read again after a 401, and kept while its file is being replaced", async () => {
  mkdirSync(join(folder, "account"));
  file("account/token", "first");
  file("account/ca.crt", PEM);
  const environment = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" };
  const { credentials, server } = await find({ environment, serviceAccountFolder: join(folder, "account") });
  assert.equal(server.host, "[fd00::1]:6443");
  const token = async () => (await credentials.current(SIGNAL)).headers.authorization;
  assert.equal(await token(), "Bearer first");
  file("account/token", "second");
  assert.equal(await token(), "Bearer first");
  credentials.forget();
  assert.equal(await token(), "Bearer second");
  rmSync(join(folder, "account/token"));
  credentials.forget();
  assert.equal(await token(), "Bearer second");
});

test("KUBECONFIG lists are merged: the first to name something wins, files that are missing are passed over", async () => {
  const first = file("first", "current-context: two\nusers: [{name: u-two, user: {token: from-first}}]");
  const second = file("second", kubeconfig({ name: "two", user: "token: from-second" }));
  const environment = { KUBECONFIG: `${join(folder, "missing")}:${first}:${second}` };
  const found = await find({ environment });
  assert.equal(found.namespace, "ns-two");
  assert.equal((await found.credentials.current(SIGNAL)).headers.authorization, "Bearer from-first");
});

test("client certificates, CA, server name, verification and basic login are taken from data or files", async () => {
  const data = Buffer.from(PEM).toString("base64");
  file("key.pem", PEM);
  const cluster = `server: "https://1.2.3.4", certificate-authority-data: ${data}, tls-server-name: api, insecure-skip-tls-verify: true`;
  const user = `client-certificate-data: ${data}, client-key: key.pem, username: ada, password: love, as: eve, as-groups: [a, b]`;
  const found = await find({ path: file("config", kubeconfig({ cluster, user })) });
  assert.equal(found.serverName, "api");
  assert.equal(found.skipVerification, true);
  assert.deepEqual(await found.credentials.current(SIGNAL), {
    ca: PEM,
    certificate: PEM,
    key: PEM,
    headers: {
      authorization: `Basic ${Buffer.from("ada:love").toString("base64")}`,
      "impersonate-user": "eve",
      "impersonate-group": ["a", "b"],
    },
  });
});

test("tokenFile wins over token, and is looked for beside the kubeconfig", async () => {
  file("token-here", "from-file\n");
  const path = file("config", kubeconfig({ user: `token: ${SECRET}, tokenFile: token-here` }));
  const { credentials } = await find({ path });
  assert.equal((await credentials.current(SIGNAL)).headers.authorization, "Bearer from-file");
});

test("another context can be chosen, and one that is not there is named with those that are", async () => {
  const path = file("config", kubeconfig({ name: "only" }));
  assert.equal((await find({ path, context: "only" })).namespace, "ns-only");
  assert.match(
    await problem({ path, context: "other" }),
    /expected a context named other in .*config, which has: only/,
  );
});

for (const [what, text, expected] of [
  ["a field of the wrong kind", kubeconfig({ user: "token: 17" }), /users\[0\]\.user\.token: .*string/],
  ["YAML that is none", `clusters: [\n  token: ${SECRET}\n`, /expected YAML in .*config, line \d+/],
  ["an unknown scheme", kubeconfig({ cluster: 'server: "ftp://x"' }), /server of cluster c-one in .* got ftp:/],
  [
    "data that is no PEM",
    kubeconfig({ user: `client-key-data: ${SECRET}, client-certificate: x` }),
    /PEM in client-key-data of user u-one/,
  ],
  [
    "a certificate without key",
    kubeconfig({ user: "client-certificate: x" }),
    /client-certificate and client-key together/,
  ],
  ["auth-provider", kubeconfig({ user: "auth-provider: {name: gcp}" }), /to use exec, got auth-provider/],
  [
    "a SOCKS proxy",
    kubeconfig({ cluster: 'server: "https://x", proxy-url: "socks5://p:1"' }),
    /proxy-url .* got socks5:/,
  ],
  ["a missing current-context", "contexts: []", /expected current-context to be set/],
] as const) {
  test(`a kubeconfig with ${what} is refused by file and field`, async () => {
    assert.match(await problem({ path: file("config", text) }), expected);
  });
}

test("a file that is missing is named together with the field that names it", async () => {
  const path = file("config", kubeconfig({ user: "tokenFile: nowhere" }));
  assert.match(
    await problem({ path }, true),
    /expected tokenFile of user u-one in .*config in .*nowhere: there is no such file/,
  );
  assert.match(
    await problem({ path: join(folder, "absent") }),
    /expected a kubeconfig at .*absent: there is no such file/,
  );
});

test("HTTPS_PROXY applies less NO_PROXY, and proxy-url before both", async () => {
  const proxyOf = async (server: string, environment: Record<string, string>, more = "") =>
    (await find({ path: file("config", kubeconfig({ cluster: `server: "${server}"${more}` })), environment })).proxy
      ?.href;
  const HTTPS_PROXY = "http://proxy:3128";
  assert.equal(await proxyOf("https://api.example", { HTTPS_PROXY }), "http://proxy:3128/");
  assert.equal(await proxyOf("https://api.example", { https_proxy: "proxy:8080" }), "http://proxy:8080/");
  assert.equal(await proxyOf("https://api.example", { HTTPS_PROXY }, ', proxy-url: "http://own:1"'), "http://own:1/");
  for (const NO_PROXY of ["*", "api.example", ".example", "example", "other, api.example:443"]) {
    assert.equal(await proxyOf("https://api.example", { HTTPS_PROXY, NO_PROXY }), undefined, NO_PROXY);
  }
  assert.equal(await proxyOf("https://10.1.2.3", { HTTPS_PROXY, NO_PROXY: "10.0.0.0/8" }), undefined);
  assert.equal(await proxyOf("https://127.0.0.1:6443", { HTTPS_PROXY }), undefined);
  assert.equal(await proxyOf("https://ample", { HTTPS_PROXY, NO_PROXY: "example" }), "http://proxy:3128/");
});

function plugin(body: string): string {
  const path = file("plugin.sh", `#!/bin/sh\necho run >> "${folder}/runs"\n${body}\n`);
  chmodSync(path, 0o755);
  return "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh";
}

function credential(status: string, apiVersion = "client.authentication.k8s.io/v1"): string {
  return `cat <<'END'\n{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":${status}}\nEND`;
}

test("an exec plugin runs beside its kubeconfig, gets the cluster, and its token is kept until it ends", async () => {
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const notes = `printf '%s' "$KUBERNETES_EXEC_INFO" > "${folder}/info"; printf '%s' "$MINE" > "${folder}/mine"`;
  const body = `${notes}\n${credential(`{"token":"t","expirationTimestamp":"${soon}"}`)}`;
  const user = `${plugin(body)}, env: [{name: MINE, value: x}], provideClusterInfo: true}`;
  const { credentials } = await find({ path: file("config", kubeconfig({ user })) });
  const [one, two] = await Promise.all([credentials.current(SIGNAL), credentials.current(SIGNAL)]);
  assert.equal(one.headers.authorization, "Bearer t");
  assert.equal(one.headers.authorization, two.headers.authorization);
  await credentials.current(SIGNAL);
  const runs = () => readFileSync(join(folder, "runs"), "utf8").trim().split("\n").length;
  assert.equal(runs(), 1);
  credentials.forget();
  await credentials.current(SIGNAL);
  assert.equal(runs(), 2);
  const info = JSON.parse(readFileSync(join(folder, "info"), "utf8"));
  assert.equal(readFileSync(join(folder, "mine"), "utf8"), "x");
  assert.deepEqual(info.spec, { interactive: false, cluster: { server: "https://one:6443" } });
});

test("an exec credential that has ended, or ends within seconds, is asked for again", async () => {
  const user = `${plugin(credential(`{"token":"t","expirationTimestamp":"${new Date(Date.now() - 1000).toISOString()}"}`))}}`;
  const { credentials } = await find({ path: file("config", kubeconfig({ user })) });
  await credentials.current(SIGNAL);
  await credentials.current(SIGNAL);
  assert.equal(readFileSync(join(folder, "runs"), "utf8"), "run\nrun\n");
});

for (const [what, body, expected] of [
  [
    "fails",
    `echo ${SECRET}; echo "cannot log in" >&2; exit 3`,
    /expected exec of user u-one in .* it ended with 3: cannot log in/,
  ],
  [
    "prints something else",
    `echo ${SECRET}`,
    /expected an ExecCredential from exec of user u-one .* got something else/,
  ],
  ["gives nothing", credential("{}"), /expected a token or a client certificate with its key .* got neither/],
  [
    "speaks another version",
    credential('{"token":"t"}', "client.authentication.k8s.io/v1beta1"),
    /expected apiVersion .*\/v1 from/,
  ],
] as const) {
  test(`an exec plugin that ${what} is reported without what it printed`, async () => {
    const path = file("config", kubeconfig({ user: `${plugin(body)}}` }));
    assert.match(await problem({ path }, true), expected);
  });
}

test("an exec plugin that is not installed is reported with the hint for installing it", async () => {
  const user =
    "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: no-such-plugin-here, installHint: get it from the shop}";
  const path = file("config", kubeconfig({ user }));
  assert.match(await problem({ path }, true), /command no-such-plugin-here was not found \(get it from the shop\)/);
});

test("an exec plugin that still runs when the client is closed is ended", async () => {
  const path = file("config", kubeconfig({ user: `${plugin("exec sleep 50")}}` }));
  const { credentials } = await find({ path });
  const waiting = assert.rejects(credentials.current(SIGNAL), /expected exec of user u-one in .* to give a credential/);
  credentials.close?.();
  await waiting;
});
