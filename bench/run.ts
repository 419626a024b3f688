// Measures how fast and how cheap Muster is, against a real kube-apiserver and a real beanstalkd:
//   node bench/run.ts [--row NAME,NAME] [--objects 100] [--save FILE]
// KUBEBUILDER_ASSETS says where etcd and kube-apiserver are.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { parseAllDocuments } from "yaml";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../test/support/control-plane.ts";
import { burst } from "./rows/burst.ts";
import { grow } from "./rows/grow.ts";
import { idle } from "./rows/idle.ts";
import { page } from "./rows/page.ts";
import { phpa } from "./rows/phpa.ts";
import { sqs } from "./rows/sqs.ts";
import { start } from "./rows/start.ts";
import { steady } from "./rows/steady.ts";
import { wake, wakeLook } from "./rows/wake.ts";
import { Cluster } from "./support/cluster.ts";
import { describeMachine } from "./support/machine.ts";
import { printTable } from "./support/print-table.ts";
import type { Row, RowResult } from "./support/row.ts";
import { World } from "./support/world.ts";

const ROWS: readonly Row[] = [wake, wakeLook, grow, burst, start, idle, steady, sqs, page, phpa];

const { values } = parseArgs({
  options: {
    row: { type: "string", default: ROWS.map(({ name }) => name).join(",") },
    objects: { type: "string", default: "100" },
    save: { type: "string" },
  },
});
const objects = Number(values.objects);
const wanted = values.row.split(",").map((name) => {
  const row = ROWS.find((one) => one.name === name);
  if (row === undefined) throw new Error(`expected rows of ${ROWS.map((one) => one.name).join(", ")}, got "${name}"`);
  return row;
});
const skip = controlPlaneSkip(["etcd", "kube-apiserver"]);
if (skip !== false) throw new Error(skip);

const plane = await startControlPlane();
try {
  const machine = await prepare(plane);
  const results: RowResult[] = [];
  for (const row of wanted) results.push(await measure(row, plane));
  console.log(`\n${objects} objects; ${JSON.stringify(machine)}\n\n${printTable(results)}`);
  const file = values.save ?? `bench/results/${objects}-objects.json`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `${JSON.stringify({ at: new Date().toISOString(), objects, machine, rows: results }, null, 2)}\n`,
  );
  console.log(`\nsaved in ${file}`);
} finally {
  await plane.stop();
}

/** Installs the CRDs and waits until they are served. */
async function prepare(on: ControlPlane) {
  const cluster = new Cluster(on);
  try {
    const text = readFileSync("deploy/crds.yaml", "utf8");
    const crds = parseAllDocuments(text)
      .map((document) => document.toJS() as { kind: string })
      .filter(({ kind }) => kind === "CustomResourceDefinition");
    for (const crd of crds) {
      await cluster.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd);
    }
    await cluster.served("/apis/k8s.practo.dev/v1/workerpodautoscalers");
    return await describeMachine(cluster);
  } finally {
    await cluster.close();
  }
}

async function measure(row: Row, on: ControlPlane): Promise<RowResult> {
  const began = performance.now();
  const world = await World.open(on, objects);
  try {
    const { measure: _, ...told } = row;
    const result = { ...told, ...(await row.measure(world)) };
    console.log(`${row.name}: ${result.measured} (took ${((performance.now() - began) / 1000).toFixed(0)} s)`);
    return result;
  } catch (error) {
    throw new Error(`${row.name} failed; the controllers said last:\n${world.logs()}`, { cause: error });
  } finally {
    await world.close();
  }
}
