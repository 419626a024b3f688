import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { after, before, describe } from "node:test";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "./control-plane.ts";
import { requirement } from "./requirement.ts";

/** Kubernetes 1.25 and later check CEL rules. */
const FIRST_MINOR_WITH_RULES = 25;

const kubectl = requirement("kubectl", "install kubectl 1.20 or newer");

/** One of our kinds, and the least that an object of it says. */
export interface ServedKind {
  readonly crd: string;
  /** The CRD for servers that check CEL rules. */
  readonly crdWithRules?: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A real API server that serves the kind, as kubectl sees it. */
export interface KindServer {
  run(words: readonly string[], input?: unknown): SpawnSyncReturns<string>;
  /** An object whose spec has `changes`; kubectl leaves the checks to the server. */
  create(name: string, changes?: Readonly<Record<string, unknown>>): SpawnSyncReturns<string>;
  readonly hasRules: boolean;
}

/** Tests of one of our CRDs on a real API server, which has it installed without any warning. */
export function describeKind(served: ServedKind, define: (server: KindServer) => void): void {
  const { crd, crdWithRules, apiVersion, kind, spec } = served;
  const skip = controlPlaneSkip(["etcd", "kube-apiserver"]) || kubectl.skip;
  describe(`the ${kind} CRD on a real API server`, { skip, timeout: 500_000 }, () => {
    let plane: ControlPlane;
    let hasRules = false;
    const run: KindServer["run"] = (words, input) =>
      spawnSync(kubectl.path ?? "", ["--kubeconfig", plane.kubeconfigPath, ...words], {
        encoding: "utf8",
        timeout: 60_000,
        ...(input === undefined ? {} : { input: JSON.stringify(input) }),
      });
    before(async () => {
      plane = await startControlPlane();
      const { minor } = JSON.parse(run(["get", "--raw", "/version"]).stdout);
      hasRules = crdWithRules !== undefined && Number.parseInt(minor, 10) >= FIRST_MINOR_WITH_RULES;
      const file = hasRules && crdWithRules ? crdWithRules : crd;
      assert.equal(run(["create", "-f", file]).stderr, "");
      const established = run(["wait", "--for=condition=Established", "--timeout=30s", "-f", file]);
      assert.equal(established.status, 0, established.stderr);
    });
    after(() => plane?.stop());
    define({
      run,
      create: (name, changes = {}) => {
        const object = { apiVersion, kind, metadata: { name }, spec: { ...spec, ...changes } };
        return run(["create", "--validate=false", "-f", "-"], object);
      },
      get hasRules() {
        return hasRules;
      },
    });
  });
}
