import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Controller } from "../../src/controller/controller.ts";
import { decide } from "../../src/core/index.ts";
import { ClusterWorkloads } from "../../src/kubernetes/workloads/cluster-workloads.ts";
import beanstalkd from "../../src/sources/beanstalkd.ts";
import { answering, tubeStats } from "../sources/beanstalkd/answering.ts";
import { parsedAutoscaler } from "../support/controller-world.ts";
import { MemoryReporter } from "../support/memory-reporter.ts";
import { plainClient } from "../support/plain-client.ts";
import { scriptedHttp } from "../support/scripted-http.ts";
import { sourceTools } from "../support/source-tools.ts";
import { eventually } from "../support/waiting.ts";
import { listOf, WatchScript } from "../support/watch-script.ts";

const MOST_FILES = 14;
/** What every layer uses: no station of its own. */
const SHARED = "src/shared/async.ts";

const INTERFACES = ["src/sources/shared/source.ts", "src/engine/events.ts", "src/kubernetes/ports.ts"];

/** The numbered list under "A message's way". */
function listedFiles(): readonly string[] {
  const [, section = ""] = readFileSync("ARCHITECTURE.md", "utf8").split("## A message's way\n");
  const [way = ""] = section.split("\n## ");
  return [...way.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file]) => `src/${file}`);
}

function sourceFile(url: string): string | undefined {
  const file = relative(pathToFileURL(process.cwd()).href, url);
  return file.startsWith("src/") ? file : undefined;
}

/** Files of src in the call stack, the innermost first. */
function filesInStack(): readonly string[] {
  const lines = new Error("where").stack?.split("\n") ?? [];
  return lines.flatMap((line) => {
    const url = /(file:\/\/[^):]+):\d+:\d+/.exec(line)?.[1];
    const file = url === undefined ? undefined : sourceFile(url);
    return file === undefined ? [] : [file];
  });
}

/** A controller with a real beanstalkd connection and a real connection to a Kubernetes API, both scripted. */
async function wakes(t: Parameters<typeof answering>[0]) {
  let ready = 0;
  let version = 10;
  const patches: string[] = [];
  const metadata = () => ({ name: "mail", namespace: "shop", uid: "u", resourceVersion: String(version) });
  const script = new WatchScript();
  script.list = () => listOf([{ metadata: metadata(), spec: { replicas: 1 } }], version);
  const rivals = new WatchScript();
  const api = await scriptedHttp((request) => {
    if (request.url.pathname.endsWith("/scale")) {
      if (request.method === "PATCH") {
        version += 1;
        patches.push(request.body);
      }
      const replicas = request.method === "PATCH" ? JSON.parse(request.body).spec.replicas : 1;
      return { body: { kind: "Scale", metadata: metadata(), spec: { replicas } } };
    }
    if (request.url.pathname === "/version") return { body: {} };
    return (request.url.pathname.includes("autoscaling") ? rivals : script).answer(request);
  });
  const { server } = await answering(t, (command) =>
    command.startsWith("stats-tube") ? tubeStats(ready) : "UNKNOWN_COMMAND\r\n",
  );
  const client = plainClient(api.url);
  const stacks = { decide: [] as readonly string[], write: [] as readonly string[] };
  class TracedWorkloads extends ClusterWorkloads {
    override scale(...terms: Parameters<ClusterWorkloads["scale"]>): Promise<void> {
      stacks.write = filesInStack();
      return super.scale(...terms);
    }
  }
  const workloads = new TracedWorkloads({ client });
  const nothing = () => undefined;
  const controller = new Controller({
    sourceType: () => beanstalkd,
    tools: sourceTools(),
    workloads,
    reporter: new MemoryReporter(),
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    telemetry: {
      looked: nothing,
      putOff: nothing,
      scaled: nothing,
      acted: nothing,
      decided: nothing,
      stoppedBusy: nothing,
      failed: nothing,
    },
    decide: (situation) => {
      stacks.decide = filesInStack();
      return decide(situation);
    },
  });
  const settings = beanstalkd.settings.parse({ host: "127.0.0.1", port: server.port, tube: "mail" });
  const source = { type: "beanstalkd", settings };
  controller.keep(parsedAutoscaler("mail", { maxReplicas: 100, pollIntervalSeconds: 0.2, signal: { source } }));
  const leading = new AbortController();
  const ran = controller.run(leading.signal);
  const end = async () => {
    leading.abort();
    await ran;
    workloads.close();
    await client.close();
    await api.close();
  };
  const wake = async (messages: number) => {
    const before = patches.length;
    ready = messages;
    await eventually(async () => assert.ok(patches.length > before));
  };
  return { wake, end, stacks };
}

test("a message passes the files that ARCHITECTURE.md lists, in their order, on its way to the PATCH", async (t) => {
  Error.stackTraceLimit = 50;
  const listed = listedFiles();
  assert.ok(listed.length > 1 && listed.length <= MOST_FILES, `${listed.length} files`);
  assert.equal(new Set(listed).size, listed.length, "a file is listed twice");

  const world = await wakes(t);
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await world.wake(50);
    // What runs only at the start does not count: a second wake is traced.
    await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
    await world.wake(500);
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const passed = new Set(
      result
        .filter(({ functions }) =>
          functions.some(({ functionName, ranges }) => functionName !== "" && (ranges[0]?.count ?? 0) > 0),
        )
        .map(({ url }) => sourceFile(url)),
    );
    assert.deepEqual(
      listed.filter((file) => !passed.has(file)),
      [],
      "listed, and nothing in it ran",
    );
  } finally {
    session.disconnect();
    await world.end();
  }

  for (const [index, file] of listed.entries()) {
    const before = listed.slice(0, index);
    assert.ok(index === 0 || before.some((one) => isLinked(one, file)), `no file before ${file} knows it`);
  }
  for (const [where, stack] of Object.entries(world.stacks)) {
    const files = stack.filter((file) => file !== SHARED);
    assert.ok(files.length > 0, `nothing of src called ${where}`);
    assert.deepEqual(
      files.filter((file) => !listed.includes(file)),
      [],
      `on the stack of ${where}, and not listed`,
    );
  }
});

/** Whether one of two files imports the other, or both the interface by which one layer hands over to the next. */
function isLinked(one: string, other: string): boolean {
  const [imported, byOther] = [importsOf(one), importsOf(other)];
  const areJoined = INTERFACES.some((file) => imported.includes(file) && byOther.includes(file));
  return areJoined || imported.includes(other) || byOther.includes(one);
}

/** Files that it imports; of an index, those that it passes on. */
function importsOf(file: string): readonly string[] {
  const imports = readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g);
  return [...imports].flatMap(([, path = ""]) => {
    const imported = relative(process.cwd(), join(process.cwd(), file, "..", path));
    return imported.endsWith("/index.ts") ? importsOf(imported) : [imported];
  });
}
