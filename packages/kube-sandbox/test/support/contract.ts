import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { promisify } from "node:util";
import { ApiClient } from "../../../../test/support/api-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../../../../test/support/control-plane.ts";
import { KUBECTL } from "../../../../test/support/kubectl.ts";
import { type Sandbox, startSandbox } from "../../src/start-sandbox.ts";

/** One of the two servers that must behave alike. */
interface ContractServer {
  readonly api: ApiClient;
  readonly kubeconfigPath: string;
  /** The Kubernetes minor version whose behaviour it has. */
  readonly minor: number;
  readonly isSandbox: boolean;
  /** A namespace of the test's own. */
  namespace(): Promise<string>;
  /** Makes the server forget its past, so that watches from before are too old: a real one by a new start. */
  expire(): Promise<void>;
}

interface Started {
  readonly server: ContractServer;
  stop(): Promise<void>;
}

/**
 * Runs the same tests against the sandbox and against a real kube-apiserver. Without controllers both are an API alone;
 * with them ReplicaSets are made and garbage is collected.
 */
export function contract(
  title: string,
  options: { readonly controllers?: boolean },
  define: (server: () => ContractServer) => void,
): void {
  const controllers = options.controllers ?? false;
  const programs = controllers ? undefined : ["etcd", "kube-apiserver"];
  side(`${title}: the sandbox`, false, () => startSandboxSide(controllers), define);
  side(`${title}: a real kube-apiserver`, controlPlaneSkip(programs), () => startRealSide(controllers), define);
}

function side(
  title: string,
  skip: string | false,
  start: () => Promise<Started>,
  define: (server: () => ContractServer) => void,
): void {
  describe(title, { skip, timeout: 500_000 }, () => {
    let started: Started | undefined;
    before(async () => {
      started = await start();
    });
    after(() => started?.stop());
    define(() => {
      if (started === undefined) throw new Error("expected the server to have started");
      return started.server;
    });
  });
}

async function startSandboxSide(controllers: boolean): Promise<Started> {
  const sandbox: Sandbox = await startSandbox({ controllers, pods: false });
  const directory = mkdtempSync(join(tmpdir(), "sandbox-"));
  const kubeconfigPath = join(directory, "kubeconfig");
  sandbox.writeKubeconfig(kubeconfigPath);
  const api = new ApiClient({ url: sandbox.url });
  const server = await serverOf(api, kubeconfigPath, true, async () => sandbox.compact());
  return {
    server,
    stop: async () => {
      await sandbox.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startRealSide(controllerManager: boolean): Promise<Started> {
  const plane: ControlPlane = await startControlPlane({ controllerManager });
  const api = new ApiClient(plane);
  const startAnew = async (): Promise<void> => {
    await plane.stopApiServer();
    await plane.startApiServer();
  };
  return { server: await serverOf(api, plane.kubeconfigPath, false, startAnew), stop: () => plane.stop() };
}

async function serverOf(
  api: ApiClient,
  kubeconfigPath: string,
  isSandbox: boolean,
  expire: () => Promise<void>,
): Promise<ContractServer> {
  const { body } = await api.get("/version");
  return {
    api,
    kubeconfigPath,
    isSandbox,
    expire,
    minor: Number.parseInt(body.minor, 10),
    namespace: async () => {
      const name = `test-${randomUUID().slice(0, 8)}`;
      await api.post("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
      return name;
    },
  };
}

const run = promisify(execFile);

/** kubectl as one user has it: with a folder and a namespace of its own. */
interface KubectlSession {
  readonly directory: string;
  readonly namespace: string;
  /** The words of a command line, with those that say where. */
  words(args: readonly string[]): string[];
  /** What a command prints. */
  stdout(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string>;
}

/** A session for all tests of the suite that it is called in. */
export function kubectlSession(server: () => ContractServer): KubectlSession {
  let directory = "";
  let namespace = "";
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "kubectl-"));
    namespace = await server().namespace();
  });
  after(() => rmSync(directory, { recursive: true, force: true }));
  const words = (args: readonly string[]): string[] => {
    const { kubeconfigPath } = server();
    const where = ["--kubeconfig", kubeconfigPath, "--cache-dir", join(directory, "cache"), "--namespace", namespace];
    return [...where, ...args];
  };
  return {
    get directory() {
      return directory;
    },
    get namespace() {
      return namespace;
    },
    words,
    stdout: async (args, env = process.env) =>
      (await run(KUBECTL.path ?? "", words(args), { env, timeout: 30_000 })).stdout,
  };
}
