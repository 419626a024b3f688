import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { promisify } from "node:util";
import { KUBECTL } from "../../../../test/support/kubectl.ts";
import type { ContractServer } from "./contract.ts";

const run = promisify(execFile);

/** kubectl as one user has it: with a folder and a namespace of its own. */
export interface KubectlSession {
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
