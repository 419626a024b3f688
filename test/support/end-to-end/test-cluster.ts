import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox } from "kube-sandbox";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../control-plane.ts";
import type { Upstream } from "./api-proxy.ts";

/** A cluster that end-to-end tests run against: a real API server or the embedded one. */
export interface TestCluster extends Upstream {
  readonly kubeconfigPath: string;
  /** Down without a word to anybody, and back with all its objects. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  /** What a real API server keeps in etcd, to be saved and restored; absent where there is no etcd. */
  readonly storage?: Pick<ControlPlane, "saveStorage" | "restoreStorage">;
  stop(): Promise<void>;
}

/** A kind of cluster, and why it cannot be had here where that is so. */
export interface ClusterKind {
  readonly name: string;
  readonly skip: string | false;
  readonly start: () => Promise<TestCluster>;
}

export const REAL_API_SERVER: ClusterKind = {
  name: "a real API server",
  skip: controlPlaneSkip(["etcd", "kube-apiserver"]),
  start: () => startReal(false),
};

/** With the controllers of Kubernetes: Jobs get pods. */
export const REAL_CONTROL_PLANE: ClusterKind = {
  name: "a real control plane",
  skip: controlPlaneSkip(),
  start: () => startReal(true),
};

async function startReal(controllerManager: boolean): Promise<TestCluster> {
  const plane = await startControlPlane({ controllerManager });
  const { url, token, ca, kubeconfigPath } = plane;
  return {
    ...{ url, token, ca, kubeconfigPath },
    goDown: () => plane.stopApiServer(),
    comeBack: () => plane.startApiServer(),
    storage: plane,
    stop: () => plane.stop(),
  };
}

export const SANDBOX: ClusterKind = {
  name: "the sandbox",
  skip: false,
  async start() {
    const folder = mkdtempSync(join(tmpdir(), "muster-e2e-sandbox-"));
    const kubeconfigPath = join(folder, "kubeconfig");
    const sandbox = await startSandbox({ pods: false });
    sandbox.writeKubeconfig(kubeconfigPath);
    return {
      url: sandbox.url,
      kubeconfigPath,
      goDown: () => sandbox.goDown(),
      comeBack: () => sandbox.comeBack(),
      stop: async () => {
        await sandbox.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

/** Every case runs on both: the program must not be able to tell them apart. */
export const CLUSTERS: readonly ClusterKind[] = [SANDBOX, REAL_API_SERVER];
