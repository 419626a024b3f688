import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

// Below the packages that the bundle loads.
mkdirSync("build", { recursive: true });
const folder = mkdtempSync("build/image-");
const bundle = join(folder, "muster");
after(() => rmSync(folder, { recursive: true, force: true }));

interface Metafile {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, { readonly imports: readonly { path: string; external?: boolean }[] }>>;
}
let metafile: Metafile;

before(() => {
  const path = join(folder, "metafile.json");
  execFileSync(process.execPath, ["scripts/bundle.js", "--image", "--outdir", bundle, "--metafile", path]);
  metafile = JSON.parse(readFileSync(path, "utf8"));
});

const run = (words: readonly string[], input = "") =>
  spawnSync(process.execPath, [join(bundle, "main.js"), ...words], { encoding: "utf8", input });

test("the image's bundle has the live page, and no embedded cluster, no rehearsal and no pictures", () => {
  const inputs = Object.keys(metafile.inputs);
  assert.ok(inputs.includes("src/cli/run-muster.ts") && inputs.includes("web/live/main.tsx"));
  const omitted =
    /^(packages\/|web\/(?!live\/)|src\/(lab|demo)\/|src\/cli\/(simulate|tune|shadow|demo|sandbox)\.ts)|pictures/;
  assert.deepEqual(
    inputs.filter((path) => omitted.test(path)),
    [],
  );
});

test("the image's bundle needs none of the packages that the image leaves out", () => {
  const [, removed = ""] = /LEFT_OUT = \[(.*)\]/.exec(readFileSync("scripts/image-root.js", "utf8")) ?? [];
  const names = [...removed.matchAll(/"([^"]+)"/g)].map(([, name]) => name);
  assert.ok(names.includes("@resvg"), removed);
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
  for (const { path } of imported) assert.ok(!names.some((name) => `${path}/`.startsWith(`${name}/`)), path);
});

test("the image's commands work from its bundle", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  assert.equal(run(["--version"]).stdout.trim(), version);
  for (const command of ["run", "phpa", "decide", "why", "check", "convert"]) {
    const { status, stdout, stderr } = run([command, "--help"]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`^Usage: muster ${command} `));
  }
  assert.equal(run(["check", "examples/worker-pod-autoscaler.yaml"]).status, 0);
  assert.match(run(["convert", "examples/phpa.yaml"]).stdout, /^kind: WorkerAutoscaler$/m);
  const line = '{"currentReplicas": 1, "readings": {"queue": {"value": 120}}}';
  const decided = run(["decide", "-f", "examples/worker-pod-autoscaler.yaml"], line);
  assert.equal(JSON.parse(decided.stdout).direction, "up", decided.stderr);
  assert.match(run(["why", "shop/mails", "--journal", "no-such-file"]).stderr, /no-such-file: cannot be read/);
  assert.match(run(["phpa", "-f", "examples/phpa.yaml", "--kube-config", "no-such-file"]).stderr, /no-such-file/);
  assert.match(run(["run", "--kube-config", "no-such-file"]).stderr, /no-such-file/);
});

test("a command that is not in the image says where to get it", () => {
  for (const command of ["demo", "simulate", "tune", "shadow", "sandbox"]) {
    for (const words of [[command], [command, "-f", "examples/phpa.yaml", "--help"]]) {
      const { status, stderr } = run(words);
      assert.equal(status, 2, stderr);
      assert.match(
        stderr,
        new RegExp(`^muster: ${command} is not in the controller's image: use Muster's npm package`),
      );
    }
  }
  assert.match(run(["--help"]).stdout, /Not in the controller's image: demo, simulate, tune, shadow, ui, sandbox\./);
});
