import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { mendedApiServer } from "./mended-api-server.ts";
import { kubernetesRequirement } from "./requirement.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

/** A real kube-apiserver with its etcd, for tests; authorization is RBAC, the token is cluster-admin's. */
export interface ControlPlane {
  readonly url: string;
  readonly token: string;
  /** PEM of the authority that signed the server's certificate (the name 127.0.0.1 is in it). */
  readonly ca: string;
  readonly kubeconfigPath: string;
  readonly directory: string;
  /** Kills the API server (SIGKILL unless said otherwise); `startApiServer` brings it back on the same port. */
  stopApiServer(signal?: NodeJS.Signals): Promise<void>;
  startApiServer(): Promise<void>;
  /** The API server takes connections but answers nothing until resumed. */
  pauseApiServer(): void;
  resumeApiServer(): void;
  /** Copies what etcd has, for which API server and etcd are restarted; resolves with the copy's folder. */
  saveStorage(): Promise<string>;
  /** Gives etcd what was saved, or wipes it; API server and etcd are restarted on their ports. */
  restoreStorage(saved?: string): Promise<void>;
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Run the controllers too: ReplicaSets, garbage collection, namespaces. Without them pods need no ServiceAccount. */
  readonly controllerManager?: boolean;
  /** More users, as lines of a token file: `token,user,uid,"group"`. */
  readonly users?: readonly string[];
  readonly apiServerFlags?: readonly string[];
}

const READY_WITHIN_MS = 90_000;
const TOKEN = "admin-token";

/** For node:test's `skip`: false where KUBEBUILDER_ASSETS has the programs. */
export function controlPlaneSkip(programs = ["etcd", "kube-apiserver", "kube-controller-manager"]): string | false {
  for (const program of programs) {
    const { skip } = kubernetesRequirement(program);
    if (skip !== false) return skip;
  }
  return false;
}

/** Starts etcd, kube-apiserver and, if asked, kube-controller-manager (1.20 to 1.36) in a temporary folder. */
export async function startControlPlane(options: ControlPlaneOptions = {}, attempt = 1): Promise<ControlPlane> {
  const directory = mkdtempSync(join(tmpdir(), "control-plane-"));
  const running: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const server of running.reverse()) await server.stop("SIGKILL");
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    return await start(directory, running, options, stop);
  } catch (error) {
    await stop();
    // Another process took the port between the moment it was found free and the server's start.
    if (attempt < 3 && /address already in use/.test(String(error))) return startControlPlane(options, attempt + 1);
    throw error;
  }
}

async function start(
  directory: string,
  running: ServerProcess[],
  options: ControlPlaneOptions,
  stop: () => Promise<void>,
): Promise<ControlPlane> {
  writeKeys(directory, options.users ?? []);
  const etcdUrl = `http://127.0.0.1:${await freePort()}`;
  const etcdFlags = [`--listen-client-urls=${etcdUrl}`, `--advertise-client-urls=${etcdUrl}`, ...(await peerFlags())];
  const startEtcd = () =>
    startServer(
      program("etcd"),
      ["--unsafe-no-fsync", `--data-dir=${join(directory, "etcd")}`, ...etcdFlags],
      join(directory, "etcd.log"),
    );
  let etcd = startEtcd();
  running.push(etcd);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  let apiServer = startApiServerProcess(directory, port, etcdUrl, options);
  const index = running.push(apiServer) - 1;
  await ready(url, apiServer);
  const kubeconfigPath = join(directory, "kubeconfig");
  // The generated file holds the server's certificate and, after it, the authority's.
  const ca = readFileSync(join(directory, "certs", "apiserver.crt"), "utf8");
  writeFileSync(kubeconfigPath, kubeconfig(url, ca), { mode: 0o600 });
  if (options.controllerManager === true) running.push(await startControllerManager(directory, kubeconfigPath));
  const startApiServer = async () => {
    apiServer = startApiServerProcess(directory, port, etcdUrl, options);
    running[index] = apiServer;
    await ready(url, apiServer);
  };
  const restartWith = async (change: (data: string) => void) => {
    await apiServer.stop("SIGKILL");
    await etcd.stop();
    change(join(directory, "etcd"));
    etcd = startEtcd();
    running[0] = etcd;
    await startApiServer();
  };
  return {
    url,
    token: TOKEN,
    ca,
    kubeconfigPath,
    directory,
    stopApiServer: (signal = "SIGKILL") => apiServer.stop(signal),
    startApiServer,
    pauseApiServer: () => apiServer.pause(),
    resumeApiServer: () => apiServer.resume(),
    saveStorage: async () => {
      const saved = mkdtempSync(join(directory, "saved-"));
      await restartWith((data) => cpSync(data, saved, { recursive: true }));
      return saved;
    },
    restoreStorage: (saved) =>
      restartWith((data) => {
        rmSync(data, { recursive: true });
        if (saved !== undefined) cpSync(saved, data, { recursive: true });
      }),
    stop,
  };
}

function writeKeys(directory: string, users: readonly string[]): void {
  mkdirSync(join(directory, "certs"));
  const keys = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  writeFileSync(join(directory, "sa.key"), keys.privateKey, { mode: 0o600 });
  writeFileSync(join(directory, "sa.pub"), keys.publicKey);
  const lines = [`${TOKEN},admin,admin,"system:masters"`, ...users];
  writeFileSync(join(directory, "tokens.csv"), `${lines.join("\n")}\n`, { mode: 0o600 });
}

function program(name: string): string {
  const { path, skip } = kubernetesRequirement(name);
  if (path === undefined) throw new Error(String(skip));
  return path;
}

async function peerFlags(): Promise<readonly string[]> {
  const peers = `http://127.0.0.1:${await freePort()}`;
  return [
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
  ];
}

function startApiServerProcess(
  directory: string,
  port: number,
  etcdUrl: string,
  options: ControlPlaneOptions,
): ServerProcess {
  const flags = [
    `--etcd-servers=${etcdUrl}`,
    `--secure-port=${port}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--cert-dir=${join(directory, "certs")}`,
    `--service-account-key-file=${join(directory, "sa.pub")}`,
    `--service-account-signing-key-file=${join(directory, "sa.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    "--api-audiences=https://kubernetes.default.svc",
    `--token-auth-file=${join(directory, "tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--endpoint-reconciler-type=none",
    // Pods would have to wait for an account that the controller manager, if there is one, makes in its own time.
    "--disable-admission-plugins=ServiceAccount",
    ...(options.apiServerFlags ?? []),
  ];
  return startServer(mendedApiServer(program("kube-apiserver")), flags, join(directory, "kube-apiserver.log"));
}

async function startControllerManager(directory: string, kubeconfigPath: string): Promise<ServerProcess> {
  const flags = [
    `--kubeconfig=${kubeconfigPath}`,
    `--service-account-private-key-file=${join(directory, "sa.key")}`,
    "--controllers=*,-nodeipam,-nodelifecycle",
    "--leader-elect=false",
    // The usual 20 a second would be what a test of many pods waits for.
    ...["--kube-api-qps=300", "--kube-api-burst=600"],
    `--secure-port=${await freePort()}`,
    "--bind-address=127.0.0.1",
    `--cert-dir=${join(directory, "certs")}`,
    ...((await hasOpenPort(program("kube-controller-manager"))) ? ["--port=0"] : []),
  ];
  return startServer(program("kube-controller-manager"), flags, join(directory, "kube-controller-manager.log"));
}

/** Before 1.24 it takes a second port, always the same one, so that a second process beside the first would end at once. */
async function hasOpenPort(path: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(path, ["--version"]);
  const [, minor] = /v1\.(\d+)/.exec(stdout) ?? [];
  return Number(minor) < 24;
}

async function ready(url: string, server: ServerProcess): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await isReady(url))) {
    if (server.exited || Date.now() > deadline)
      throw new Error(`kube-apiserver did not become ready:\n${server.log()}`);
    await sleep(100);
  }
}

/** It says that it is ready before it has made the namespaces that every cluster has. */
async function isReady(url: string): Promise<boolean> {
  return (await isServed(`${url}/readyz`)) && (await isServed(`${url}/api/v1/namespaces/default`));
}

// The certificate is not written yet when the first question is asked, so this one asks without checking it.
function isServed(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { rejectUnauthorized: false, timeout: 2_000, headers: { authorization: `Bearer ${TOKEN}` } };
    const asked = request(url, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

function kubeconfig(url: string, ca: string): string {
  const authority = Buffer.from(ca).toString("base64");
  return `apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "${url}", certificate-authority-data: ${authority}}}]
users: [{name: admin, user: {token: ${TOKEN}}}]
contexts: [{name: test, context: {cluster: test, user: admin}}]
current-context: test
`;
}
