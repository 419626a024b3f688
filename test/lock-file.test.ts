import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./support/servers/server-process.ts";

type Json = Record<string, Record<string, string>>;

const SCRIPT = resolve("scripts/check-lock-file.js");

for (const [what, change, problem] of [
  ["passes an unchanged package.json", () => undefined, undefined],
  ["finds a package that was added", (manifest: Json) => set(manifest, "left-pad", "1.3.0"), /lacks left-pad 1\.3\.0/],
  ["finds a version that was changed", (manifest: Json) => set(manifest, "zod", "4.0.0"), /lacks zod 4\.0\.0/],
  ["finds a package that was removed", (manifest: Json) => set(manifest, "zod"), /has other dependencies/],
  [
    "finds another floor for Node",
    (manifest: Json) => Object.assign(manifest.engines ?? {}, { node: ">=30" }),
    /has other engines/,
  ],
] as const) {
  test(`the check of package-lock.json ${what}`, async (t) => {
    const folder = await temporaryFolder(t);
    const read = async (file: string) => JSON.parse(await readFile(file, "utf8"));
    const { packages } = await read("package-lock.json");
    const ours = Object.keys(packages).filter((path) => !path.includes("node_modules/"));
    for (const path of ["package-lock.json", ...ours.map((one) => join(one, "package.json"))]) {
      const content = await read(path);
      if (path === "package.json") change(content);
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), JSON.stringify(content));
    }
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT], { cwd: folder, encoding: "utf8" });
    assert.equal(status, problem === undefined ? 0 : 1, stderr);
    if (problem !== undefined) assert.match(stderr, problem);
  });
}

function set(manifest: Json, name: string, version?: string): void {
  const { [name]: _old, ...rest } = manifest.dependencies ?? {};
  manifest.dependencies = version === undefined ? rest : { ...rest, [name]: version };
}
