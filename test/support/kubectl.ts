import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ControlPlane } from "./control-plane.ts";
import { requirement } from "./requirement.ts";

export const KUBECTL = requirement("kubectl", "install kubernetes-client, or see kubernetes.io/docs/tasks/tools");

const run = promisify(execFile);

/** Runs kubectl against a control plane and gives what it printed. */
export async function kubectl(plane: ControlPlane, ...words: string[]): Promise<string> {
  const { stdout } = await run(KUBECTL.path ?? "kubectl", ["--kubeconfig", plane.kubeconfigPath, ...words], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

/** Whether a user may do this: "get", "deployments.apps", ... as `kubectl auth can-i` takes it. */
export async function canI(plane: ControlPlane, user: string, ...words: string[]): Promise<boolean> {
  const as = ["--as", user, "--as-group", "system:serviceaccounts", "--as-group", "system:authenticated"];
  try {
    return (await kubectl(plane, "auth", "can-i", ...as, ...words)).trim() === "yes";
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    if (stdout?.trim().startsWith("no")) return false;
    throw error;
  }
}
