import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

const USER_PROGRAM = `
import { type Sandbox, startSandbox } from "kube-sandbox";

const sandbox: Sandbox = await startSandbox({ pods: () => ({ startSeconds: 0 }) });
sandbox.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}");
const response = await fetch(sandbox.url + "/api/v1/namespaces/default/configmaps/settings");
process.stdout.write(JSON.stringify(((await response.json()) as { data: object }).data));
await sandbox.close();
`;

test("a program uses the packed package with its types", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "kube-sandbox-packed-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const own = join(import.meta.dirname, "..");
  execFileSync(process.execPath, [join(own, "build.js")], { stdio: "pipe" });
  const pack = ["pack", "--silent", "--pack-destination", folder, join(own, "build")];
  const packed = execFileSync("npm", pack, { encoding: "utf8" }).trim();
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "kube-sandbox"), { recursive: true });
  const unpack = ["-xzf", join(folder, packed), "--strip-components=1", "-C", join(modules, "kube-sandbox")];
  execFileSync("tar", unpack);
  for (const name of ["yaml", "zod"]) symlinkSync(resolve("node_modules", name), join(modules, name));

  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "program.ts"), USER_PROGRAM);
  const compiler = resolve("node_modules/typescript-native/bin/tsc");
  const types = ["--types", "node", "--typeRoots", resolve("node_modules/@types")];
  const flags = ["--strict", "--module", "nodenext", "--target", "es2023", "--skipLibCheck", "false", ...types];
  execFileSync(process.execPath, [compiler, ...flags, "program.ts"], { cwd: folder, stdio: "pipe" });
  assert.equal(execFileSync(process.execPath, ["program.js"], { cwd: folder, encoding: "utf8" }), '{"a":"b"}');
});
