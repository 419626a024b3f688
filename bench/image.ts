// Measures the image that `make image` left in build/image: its size, and the time from exec to ready in a chroot, as its user.
//   node bench/image.ts [--save FILE]    needs root and KUBEBUILDER_ASSETS
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startControlPlane } from "../test/support/control-plane.ts";
import { freePort } from "../test/support/free-port.ts";

const STARTS = 20;
const { save } = parseArgs({ options: { save: { type: "string" } } }).values;
const [, entry = "[]"] = /^ENTRYPOINT (.*)$/m.exec(readFileSync("deploy/Dockerfile", "utf8")) ?? [];
const root = `build/image/${process.arch === "x64" ? "amd64" : process.arch}`;
const load = loadavg()[0] ?? 0;

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
const sh = (command: string) => Number(execFileSync("sh", ["-c", command], { encoding: "utf8" }));
const sizes = ["amd64", "arm64"].map((arch) => {
  const folder = `build/image/${arch}`;
  const all = sh(`du -sb ${folder} | cut -f1`);
  return `| ${arch} | ${megabytes(all)} MB | ${megabytes(sh(`tar -C ${folder} -cz . | wc -c`))} MB |`;
});

const plane = await startControlPlane();
const kubeconfig = `${root}/tmp/kubeconfig`;
try {
  for (const file of ["deploy/crds.yaml", "deploy/install.yaml"]) {
    execFileSync("kubectl", ["--kubeconfig", plane.kubeconfigPath, "apply", "-f", file]);
  }
  writeFileSync(kubeconfig, readFileSync(plane.kubeconfigPath), { mode: 0o644 });
  const times: number[] = [];
  for (let start = 0; start < STARTS; start += 1) times.push(await timeStart());
  times.sort((a, b) => a - b);
  const at = (share: number) => ((times[Math.ceil(share * STARTS) - 1] ?? Number.NaN) / 1000).toFixed(2);
  const text = `# The image: size and start

Taken with \`node bench/image.ts\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} cores, load ${load.toFixed(1)} from other work.

| processor | unpacked | compressed (gzip) |
|---|---|---|
${sizes.join("\n")}

From exec to \`/readyz\` with an empty cluster, ${STARTS} starts one after the other, as user 65532 in a chroot of the image's root (amd64): p50 ${at(0.5)} s,
p95 ${at(0.95)} s, slowest ${at(1)} s. The arm64 image was built and its files checked (ELF headers, libraries); it was not run, as no such machine was there.
`;
  process.stdout.write(text);
  if (save !== undefined) writeFileSync(save, text);
} finally {
  rmSync(kubeconfig, { force: true });
  await plane.stop();
}

async function timeStart(): Promise<number> {
  const port = await freePort();
  const flags = [
    "--kube-config",
    "/tmp/kubeconfig",
    "--metrics-port",
    `127.0.0.1:${port}`,
    "--lease-namespace",
    "muster",
  ];
  const began = performance.now();
  const muster = spawn("chroot", ["--userspec=65532:65532", root, ...JSON.parse(entry), "run", ...flags], {
    stdio: "ignore",
  });
  const ended = once(muster, "exit");
  while (!(await isReady(port))) {
    if (muster.exitCode !== null) throw new Error(`muster ended with status ${muster.exitCode} before it was ready`);
    await sleep(5);
  }
  const took = performance.now() - began;
  muster.kill("SIGTERM");
  await ended;
  return took;
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  } catch {
    // It does not listen yet.
    return false;
  }
}
