import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lacking } from "../support/requirement.ts";

const dockerfile = readFileSync("deploy/Dockerfile", "utf8");
const [, build = "", image = ""] = dockerfile.split(/^FROM /m);
const script = readFileSync("scripts/image-root.js", "utf8");
const { version } = JSON.parse(readFileSync("package.json", "utf8"));

test("the first stage copies what the program is built from, and pins Node as make does", () => {
  const lines = build.split("\n").filter((line) => line.startsWith("COPY "));
  const copied = lines.flatMap((line) => line.split(" ").slice(1, -1));
  const [, list = ""] = /COPIED = \[([^\]]*)\]/.exec(script) ?? [];
  const needed = [...list.matchAll(/"([^"]+)"/g)].map(([, path]) => path);
  assert.ok(needed.length > 5);
  assert.deepEqual(copied.sort(), [...needed, "Makefile", "scripts/image-root.js"].sort());
});

test("the image starts from nothing, with the flags of the program's first line", () => {
  assert.match(image, /^scratch\n/);
  const [first = ""] = readFileSync("bin/muster.js", "utf8").split("\n");
  const [, variable = "", flags = ""] = /env -S (\S+) node (.*)$/.exec(first) ?? [];
  const [, entry = "[]"] = /^ENTRYPOINT (.*)$/m.exec(image) ?? [];
  assert.deepEqual(JSON.parse(entry), ["/usr/bin/node", ...flags.split(" "), "/muster/bin/muster.js"]);
  assert.ok(image.includes(variable), variable);
  for (const label of ["title", "description", "version", "revision", "licenses"]) {
    assert.ok(image.includes(`org.opencontainers.image.${label}=`), label);
  }
  assert.ok(image.includes(`image.version="${version}"`));
});

for (const [arch, machine] of [
  ["amd64", 62],
  ["arm64", 183],
] as const) {
  const root = `build/image/${arch}`;
  const built = existsSync(`${root}/muster/sbom.cdx.json`)
    ? { skip: false as const }
    : lacking("image", "run `make image`");
  const files = () => readdirSync(root, { recursive: true }).map(String);

  test(`the image for ${arch} has Node of that processor and each library that it is linked with`, {
    skip: built.skip,
  }, () => {
    const names = new Set(files().map((file) => file.split("/").at(-1)));
    const programs = [
      `${root}/usr/bin/node`,
      ...files()
        .filter((file) => /\.so\.\d+/.test(file))
        .map((file) => join(root, file)),
    ];
    for (const program of programs.filter((path) => existsSync(path))) {
      const header = readFileSync(program).subarray(0, 20);
      assert.equal(header.readUInt16LE(18), machine, program);
      const dynamic = execFileSync("readelf", ["-d", program], { encoding: "utf8" });
      for (const [, needed] of dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g))
        assert.ok(names.has(needed), `${program} needs ${needed}`);
    }
  });

  test(`the image for ${arch} has no shell, no package manager and nothing that is setuid`, {
    skip: built.skip,
  }, () => {
    const programs = files().filter((file) => /^(usr\/)?(s?bin|local\/bin)\/./.test(file));
    assert.deepEqual(programs, ["usr/bin/node"]);
    assert.equal(execFileSync("find", [root, "-perm", "/6000"], { encoding: "utf8" }), "");
  });

  test(`the bill of materials of ${arch} has Node, Debian's libraries and every package that is in the image`, {
    skip: built.skip,
  }, () => {
    const { components, bomFormat } = JSON.parse(readFileSync(`${root}/muster/sbom.cdx.json`, "utf8"));
    assert.equal(bomFormat, "CycloneDX");
    const listed = new Set(
      components.map(({ group, name, version: of }: Component) => `${group ? `${group}/` : ""}${name}@${of}`),
    );
    for (const name of ["node@24", "libc6@", "libstdc++6@", "zod@", "@platformatic/kafka@"])
      assert.ok(
        [...listed].some((one) => String(one).startsWith(name)),
        name,
      );
    const lock = JSON.parse(readFileSync(`${root}/muster/node_modules/.package-lock.json`, "utf8"));
    for (const [path, { version: of, link }] of Object.entries<{ version?: string; link?: boolean }>(lock.packages)) {
      const name = path.split("node_modules/").at(-1);
      if (link || !path.startsWith("node_modules/") || !existsSync(join(root, "muster", path))) continue;
      assert.ok(listed.has(`${name}@${of}`), `${name}@${of}`);
    }
  });
}

const own = process.arch === "x64" ? "amd64" : process.arch;
const canRun = existsSync(`build/image/${own}/muster/sbom.cdx.json`)
  ? { skip: process.getuid?.() !== 0 && "needs root, to chroot" }
  : lacking("image", "run `make image`");

test("the image's program runs as nobody, without a shell, and writes nowhere", { skip: canRun.skip }, () => {
  const [, entry = "[]"] = /^ENTRYPOINT (.*)$/m.exec(image) ?? [];
  const run = (words: readonly string[], input = "") =>
    execFileSync("chroot", ["--userspec=65532:65532", `build/image/${own}`, ...words], { encoding: "utf8", input });
  const muster = (...words: string[]) => run([...JSON.parse(entry), ...words]);
  assert.equal(muster("--version").trim(), version);
  assert.match(muster("run", "--help"), /--log-level/);
  assert.match(muster("check", "--help"), /Usage/);
  const write =
    'try { require("fs").writeFileSync("/muster/x", "") } catch (e) { console.log(process.getuid(), e.code) }';
  assert.equal(run(["/usr/bin/node", "-e", write]).trim(), "65532 EACCES");
  assert.throws(() => run(["/bin/sh", "-c", "true"]), /No such file/);
});

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
}
