import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What a test needs from the machine: its path, or why the test is skipped. */
export interface Requirement {
  readonly path?: string;
  /** Hand it to node:test as it is: `test(name, { skip: needed.skip }, ...)`. */
  readonly skip: string | false;
}

/** Where servers are that an ordinary user's PATH leaves out. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/**
 * Finds a program that a test cannot do without. Absent: the test is skipped with `hint` (what to install), or, under
 * MUSTER_TEST_NO_SKIP=1, this throws.
 */
export function requirement(program: string, hint: string, folders: readonly string[] = []): Requirement {
  const path = [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_FOLDERS, ...folders]
    .map((folder) => join(folder, program))
    .find(isExecutable);
  return path === undefined ? lacking(program, hint) : { path, skip: false };
}

/** Finds a program of the Kubernetes control plane in KUBEBUILDER_ASSETS, as envtest does. */
export function kubernetesRequirement(program: string): Requirement {
  const path = join(process.env.KUBEBUILDER_ASSETS ?? "", program);
  if (process.env.KUBEBUILDER_ASSETS && isExecutable(path)) return { path, skip: false };
  return lacking(
    "control-plane",
    `set KUBEBUILDER_ASSETS to a folder that has ${program} (setup-envtest makes one with all of them)`,
  );
}

/** The answer for something that is not there; MUSTER_TEST_ALLOW_SKIP lists what may be lacking under NO_SKIP. */
export function lacking(what: string, hint: string): Requirement {
  const allowed = (process.env.MUSTER_TEST_ALLOW_SKIP ?? "").split(",");
  if (process.env.MUSTER_TEST_NO_SKIP === "1" && !allowed.includes(what)) {
    throw new Error(`expected ${what} on this machine, as MUSTER_TEST_NO_SKIP=1 forbids skipping: ${hint}`);
  }
  return { skip: `needs ${what}: ${hint}` };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
