// Makes the root of the image: Node, the libraries that it is linked with, and the program. No shell, no package manager.
//   node scripts/image-root.js FOLDER [amd64|arm64]
// Runs where apt is Debian's, as in deploy/Dockerfile's first stage; nothing of the machine is changed. Other processors need
// no emulation: Node comes from the npm registry, the libraries from Debian's packages, and the program is JavaScript.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** Node's and Debian's names of a processor. */
const PROCESSORS = {
  amd64: { cpu: "x64", triplet: "x86_64-linux-gnu" },
  arm64: { cpu: "arm64", triplet: "aarch64-linux-gnu" },
};
const DEBIAN_PACKAGES = ["base-files", "libc6", "libgcc-s1", "libstdc++6"];
/** Of libc6 what Node is linked with, and what finds names of hosts. */
const LIBRARIES =
  /^(ld-linux-.*|lib(c|m|dl|pthread|rt|resolv|nss_dns|nss_files)\.so\.\d+|lib(gcc_s|stdc\+\+)\.so\..*)$/;
/** Packages of the embedded cluster, the rehearsal and the pictures, which the image's bundle leaves out. */
const LEFT_OUT = ["kube-sandbox", "@fontsource", "@resvg", "uplot"];
const COPIED = [
  "package.json",
  "package-lock.json",
  ".npmrc",
  "packages",
  "scripts/bundle.js",
  "scripts/undici-dispatchers.js",
  "src",
  "web",
  "bin",
  "tsconfig.json",
];

const [folder, arch = "amd64"] = process.argv.slice(2);
const processor = PROCESSORS[arch];
if (folder === undefined || processor === undefined) {
  process.stderr.write(`expected FOLDER and amd64 or arm64, got ${process.argv.slice(2).join(" ") || "nothing"}\n`);
  process.exit(2);
}
const root = resolve(folder);
const scratch = mkdtempSync(join(tmpdir(), "muster-image-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
const run = (program, words, cwd = scratch) =>
  execFileSync(program, words, { cwd, encoding: "utf8", maxBuffer: 2 ** 28, stdio: ["ignore", "pipe", "inherit"] });
const write = (file, text) => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
};

rmSync(root, { recursive: true, force: true });
const { version, components } = addProgram();
components.push(addNode(), ...addLibraries());
addSystemFiles();
write("muster/sbom.cdx.json", `${JSON.stringify(sbom(components), undefined, 1)}\n`);
refuseNativeModules();

/** Builds the program in a copy, so that nobody's node_modules is pruned. */
function addProgram() {
  const copy = join(scratch, "muster");
  for (const path of COPIED) {
    cpSync(path, join(copy, path), { recursive: true, filter: (file) => !/\/(node_modules|build)(\/|$)/.test(file) });
  }
  run("npm", ["ci", "--no-progress", "--loglevel=error"], copy);
  run("node", ["scripts/bundle.js", "--image", "--metafile", "bundled.json"], copy);
  const bundled = listBundled(copy);
  run("npm", ["prune", "--omit=dev", "--no-progress", "--loglevel=error"], copy);
  const bill = JSON.parse(run("npm", ["sbom", "--package-lock-only", "--sbom-format=cyclonedx"], copy));
  for (const name of LEFT_OUT) rmSync(join(copy, "node_modules", name), { recursive: true });
  for (const path of ["package.json", "node_modules", "build/muster", "bin"]) {
    cpSync(join(copy, path), join(root, "muster", path), { recursive: true, verbatimSymlinks: true });
  }
  const included = new Set([...bundled, ...listInstalled(copy)]);
  const components = bill.components.filter(({ name, version }) => included.has(`${name}@${version}`));
  return { version: bill.metadata.component.version, components };
}

/** The packages of which the program's bundle has a part, as NAME@VERSION. */
function listBundled(copy) {
  const { inputs } = JSON.parse(readFileSync(join(copy, "bundled.json"), "utf8"));
  const paths = Object.keys(inputs).map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
  return [...new Set(paths.filter((path) => path !== undefined))].map((path) => {
    const { name, version } = JSON.parse(readFileSync(join(copy, path, "package.json"), "utf8"));
    return `${name}@${version}`;
  });
}

function listInstalled(copy) {
  const { packages } = JSON.parse(readFileSync(join(copy, "node_modules/.package-lock.json"), "utf8"));
  return Object.entries(packages)
    .filter(([path]) => existsSync(join(copy, path)))
    .map(([path, { name, version }]) => `${name ?? path.split("node_modules/").at(-1)}@${version}`);
}

/** The Node that `make` pins, as the npm registry has it. */
function addNode() {
  const [, wanted = ""] = /^PINNED_NODE = (\S+)$/m.exec(readFileSync("Makefile", "utf8")) ?? [];
  const name = `node-linux-${processor.cpu}`;
  const [{ filename }] = JSON.parse(run("npm", ["pack", "--json", "--loglevel=error", `${name}@${wanted}`]));
  run("tar", ["-xzf", filename, "package/bin/node"]);
  mkdirSync(join(root, "usr/bin"), { recursive: true });
  cpSync(join(scratch, "package/bin/node"), join(root, "usr/bin/node"));
  chmodSync(join(root, "usr/bin/node"), 0o755);
  return { type: "application", name: "node", version: wanted, purl: `pkg:npm/${name}@${wanted}` };
}

/** Debian's packages of that processor, by an apt of our own; with each its licence and, for scanners, its description. */
function addLibraries() {
  const own = { "Dir::State": join(scratch, "state"), "Dir::Cache": join(scratch, "cache") };
  const status = join(scratch, "status");
  writeFileSync(status, "");
  mkdirSync(join(own["Dir::State"], "lists/partial"), { recursive: true });
  mkdirSync(join(own["Dir::Cache"], "archives/partial"), { recursive: true });
  const settings = {
    ...own,
    "Dir::State::status": status,
    "APT::Architecture": arch,
    "APT::Architectures": arch,
    "APT::Sandbox::User": "root",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  run("apt-get", [...options, "-qq", "update"]);
  run("apt-get", [...options, "-qq", "download", ...DEBIAN_PACKAGES]);
  return readdirSync(scratch)
    .filter((file) => file.endsWith(".deb"))
    .map(addLibrary);
}

function addLibrary(file) {
  const [name, version] = ["Package", "Version"].map((field) => run("dpkg-deb", ["-f", file, field]).trim());
  const unpacked = join(scratch, name);
  run("dpkg-deb", ["-x", file, unpacked]);
  for (const below of ["lib", "lib64", "usr/lib"]) addMatching(unpacked, below);
  const osRelease = join(unpacked, "usr/lib/os-release");
  if (existsSync(osRelease)) write("etc/os-release", readFileSync(osRelease));
  const copyright = join(unpacked, "usr/share/doc", name, "copyright");
  if (existsSync(copyright)) write(`usr/share/doc/${name}/copyright`, readFileSync(copyright));
  write(`var/lib/dpkg/status.d/${name}`, run("dpkg-deb", ["-f", file]));
  return { type: "library", name, version, purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${arch}` };
}

function addMatching(from, below) {
  if (!existsSync(join(from, below))) return;
  for (const entry of readdirSync(join(from, below), { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory() || !LIBRARIES.test(entry.name)) continue;
    const source = join(entry.parentPath, entry.name);
    const target = join(root, source.slice(from.length));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(source, target, { verbatimSymlinks: true });
  }
}

function addSystemFiles() {
  write("etc/passwd", "root:x:0:0:root:/:/sbin/nologin\nmuster:x:65532:65532:muster:/:/sbin/nologin\n");
  write("etc/group", "root:x:0:\nmuster:x:65532:\n");
  write("etc/nsswitch.conf", "hosts: files dns\n");
  mkdirSync(join(root, "tmp"));
  chmodSync(join(root, "tmp"), 0o1777);
}

function sbom(all) {
  const component = { type: "container", name: "muster", version, purl: `pkg:oci/muster@${version}?arch=${arch}` };
  return { bomFormat: "CycloneDX", specVersion: "1.5", version: 1, metadata: { component }, components: all };
}

/** They would be of the processor that built the image. */
function refuseNativeModules() {
  const native = readdirSync(root, { recursive: true }).filter((file) => String(file).endsWith(".node"));
  if (native.length === 0) return;
  throw new Error(
    `expected no native module in the image, found ${native.join(", ")}: leave its package out, or install it for ${arch}`,
  );
}
