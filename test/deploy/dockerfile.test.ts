import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "muster-image-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What a stage copies, as [sources, target] pairs; from another stage or from the context. */
function copies(stage: string, fromStage: boolean): readonly (readonly [readonly string[], string])[] {
  return stage
    .split("\n")
    .filter((line) => line.startsWith("COPY ") && line.includes("--from=") === fromStage)
    .map((line) => line.split(" ").slice(fromStage ? 2 : 1))
    .map((paths) => [paths.slice(0, -1), paths.at(-1) ?? ""] as const);
}

function copy(from: string, source: string, target: string): void {
  const isFolder = target.endsWith("/");
  mkdirSync(isFolder ? target : join(target, ".."), { recursive: true });
  cpSync(join(from, source), isFolder ? join(target, source.split("/").at(-1) ?? "") : target, { recursive: true });
}

/** The installed packages; those of this repository are links into the folder that was copied, as npm makes them. */
function linkModules(modules: string): void {
  mkdirSync(modules);
  for (const name of readdirSync("node_modules")) {
    const path = join("node_modules", name);
    const own = lstatSync(path).isSymbolicLink();
    symlinkSync(own ? readlinkSync(path) : resolve(path), join(modules, name));
  }
}

test("what the Dockerfile copies is enough to build the program and to run it", () => {
  const [, build = "", run = ""] = readFileSync("deploy/Dockerfile", "utf8").split(/^FROM /m);
  const [built, image] = [join(folder, "build"), join(folder, "image")];
  for (const [sources, target] of copies(build, false)) {
    for (const source of sources) copy(".", source, join(built, target === "./" ? `${source}` : target));
  }
  linkModules(join(built, "node_modules"));
  assert.match(build, /^RUN node scripts\/bundle\.js --image /m);
  execFileSync(process.execPath, ["scripts/bundle.js", "--image"], { cwd: built, stdio: "pipe" });

  for (const [[source = ""], target] of copies(run, true)) {
    const path = source.replace("/muster/", "");
    if (path === "node_modules") {
      mkdirSync(image, { recursive: true });
      symlinkSync(resolve("node_modules"), join(image, "node_modules"));
    } else copy(built, path, join(image, target === "./" ? path : target));
  }
  for (const [[source = ""], target] of copies(run, false)) copy(".", source, join(image, target));
  assert.ok(existsSync(join(image, "build/muster/main.js")));
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const [, entry = ""] = /^ENTRYPOINT \["\/muster\/(.*)"\]$/m.exec(run) ?? [];
  const printed = execFileSync(join(image, entry), ["--version"], { encoding: "utf8" });
  assert.equal(printed.trim(), version);
});
