import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type TestContext, test } from "node:test";

const USER_PROGRAM = `
import { decide, parseAutoscaler } from "muster";

const parsed = parseAutoscaler({
  kind: "WorkerPodAutoScaler",
  metadata: { name: "a" },
  spec: {
    minReplicas: 0,
    maxReplicas: 5,
    targetMessagesPerWorker: 10,
    deploymentName: "d",
    queueURI: "beanstalk://localhost/t",
  },
});
if (!("autoscaler" in parsed)) throw new Error("expected an autoscaler");
const { autoscaler, memory } = parsed;
const queue = { reading: { at: 1_000, value: 31 } };
const desired: number = decide({ autoscaler, currentReplicas: 0, signals: { queue }, memory, now: 2_000 }).desiredReplicas;
process.stdout.write(String(desired));
`;

/** Packs this package as npm would publish it, and unpacks it into a user's node_modules, beside what it depends on. */
function installPacked(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "muster-packed-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], {
    encoding: "utf8",
  }).trim();
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "muster"), { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, packed), "--strip-components=1", "-C", join(modules, "muster")]);
  const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(resolve("node_modules", name), join(modules, name));
  }
  return folder;
}

test("a user's program imports the packed library with its types, and decides", (context) => {
  const folder = installPacked(context);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "program.ts"), USER_PROGRAM);
  const compiler = resolve("node_modules/typescript-native/bin/tsc");
  const typeRoots = ["--types", "node", "--typeRoots", resolve("node_modules/@types")];
  const flags = ["--strict", "--module", "nodenext", "--target", "es2023", "--skipLibCheck", "false", ...typeRoots];
  execFileSync(process.execPath, [compiler, ...flags, "program.ts"], { cwd: folder, stdio: "pipe" });
  assert.equal(execFileSync(process.execPath, ["program.js"], { cwd: folder, encoding: "utf8" }), "4");
});

test("the packed program runs", (context) => {
  const binary = join(installPacked(context), "node_modules/muster/bin/muster.js");
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  assert.equal(execFileSync(process.execPath, [binary, "--version"], { encoding: "utf8" }).trim(), version);
});

test("the binary of a checkout that is not built names the command that builds it", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "muster-unbuilt-"));
  context.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "bin/muster.js"), readFileSync("bin/muster.js"));
  assert.throws(
    () => execFileSync(process.execPath, [join(folder, "bin/muster.js")], { encoding: "utf8", stdio: "pipe" }),
    { status: 2, stderr: "expected build/muster, which `make build` writes: run it first\n" },
  );
});
