import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Parsed } from "../../src/core/index.ts";
import { type ObjectFeed, objectFeed } from "../../src/kubernetes/object-feed.ts";
import type { KubernetesError } from "../../src/kubernetes/ports.ts";
import { ClusterReporter } from "../../src/kubernetes/report/cluster-reporter.ts";
import type { StatusFormat } from "../../src/kubernetes/report/status-writer.ts";
import type { CallOutcome } from "../../src/kubernetes/transport/api-client.ts";
import type { ConnectedClient } from "../../src/kubernetes/transport/connected-client.ts";
import { clusterClient, type Objects, objectsOf } from "../support/cluster-client.ts";
import { type ControlPlane, controlPlaneSkip, startControlPlane } from "../support/control-plane.ts";
import {
  account,
  DEFINITIONS_PATH,
  GADGET_DEFINITION,
  GADGET_PATH,
  GADGETS,
  gadget,
  gadgetOrigin,
  gadgetStatus,
  incident,
  parseGadget,
} from "../support/gadgets.ts";
import { eventually, within } from "../support/waiting.ts";

const skip = controlPlaneSkip(["etcd", "kube-apiserver"]);

describe("a feed of custom objects and reports on them, with a real API server", { skip, timeout: 500_000 }, () => {
  const calls: CallOutcome[] = [];
  const problems: KubernetesError[] = [];
  const kept = new Map<string, Parsed>();
  const stop = new AbortController();
  let plane: ControlPlane;
  let client: ConnectedClient;
  let objects: Objects;
  let feed: ObjectFeed;
  let reporter: ClusterReporter;

  before(async () => {
    plane = await startControlPlane();
    client = await clusterClient(plane, { observe: (outcome) => calls.push(outcome) });
    objects = objectsOf(client);
    feed = objectFeed({ client, resource: GADGETS, parse: parseGadget });
    reporter = reporterOf(feed);
  });
  after(async () => {
    stop.abort();
    reporter?.close();
    await client?.close();
    await plane?.stop();
  });

  function reporterOf(objects: ObjectFeed): ClusterReporter {
    const format = { resource: GADGETS, objects: objects.objects, statusOf: gadgetStatus } as StatusFormat;
    const formats = new Map([["Gadget", format]]);
    return new ClusterReporter({ client, formats, instance: "test", onProblem: (problem) => problems.push(problem) });
  }

  function writes(what: string): number {
    return calls.filter((call) => call.what === what).length;
  }

  async function statusOf(name: string): Promise<{ current?: number } | undefined> {
    return ((await objects.get(`${GADGET_PATH}/${name}`)) as { status?: { current?: number } }).status;
  }

  async function settled(): Promise<void> {
    await within(10_000, reporter.flush(new AbortController().signal));
  }

  test("a kind that does not exist yet has no objects, says so, and is found when it comes", async () => {
    const sink = { keep: keepIn(kept), forget: (id: string) => void kept.delete(id) };
    await within(10_000, feed.start(sink, stop.signal).synced);
    assert.equal(feed.health().failure?.kind, "NotFound");
    await objects.create(DEFINITIONS_PATH, GADGET_DEFINITION);
    await eventually(() => objects.create(GADGET_PATH, gadget("first", 3)));
    await eventually(async () => assert.equal(kept.get("Gadget/default/first")?.problems[0]?.message, "3"));
    await eventually(async () => assert.equal(feed.health().failure, undefined));
  });

  test("hands over changes and deletions; an object that breaks the parser is its own problem", async () => {
    await objects.patch(`${GADGET_PATH}/first`, { spec: { size: 4 } });
    await objects.create(GADGET_PATH, gadget("broken", -1));
    await objects.create(GADGET_PATH, gadget("second"));
    await eventually(async () => assert.ok(kept.get("Gadget/default/second")));
    assert.equal(kept.get("Gadget/default/first")?.problems[0]?.message, "4");
    assert.match(kept.get("Gadget/default/broken")?.problems[0]?.message ?? "", /a size below nothing/);
    const path = `${GADGET_PATH}/second`;
    await client.call({ method: "DELETE", path, what: "test delete", lane: "read" }, stop.signal);
    await eventually(async () => assert.equal(kept.has("Gadget/default/second"), false));
  });

  test("writes a status only when it changes, and nothing after a restart", async () => {
    const before = writes("patch gadgets/status");
    reporter.report(gadgetOrigin("first"), account(5));
    await settled();
    assert.deepEqual(await statusOf("first"), gadgetStatus(gadgetOrigin("first"), account(5)));
    for (let round = 0; round < 10; round += 1) {
      reporter.report(gadgetOrigin("first"), account(5));
      await settled();
    }
    assert.equal(writes("patch gadgets/status") - before, 1);
    const restarted = reporterOf(feed);
    restarted.report(gadgetOrigin("first"), account(5));
    await restarted.flush(stop.signal);
    restarted.close();
    assert.equal(writes("patch gadgets/status") - before, 1);
  });

  test("the newest account wins where several wait", async () => {
    const before = writes("patch gadgets/status");
    for (let current = 10; current < 100; current += 1) reporter.report(gadgetOrigin("first"), account(current));
    await settled();
    assert.equal((await statusOf("first"))?.current, 99);
    assert.equal(writes("patch gadgets/status") - before, 1);
  });

  test("a status that the server calls invalid is tried once a generation, and said once", async () => {
    const before = writes("patch gadgets/status");
    const origin = gadgetOrigin("first", { generation: 2 });
    for (let round = 0; round < 5; round += 1) {
      reporter.report(origin, account(2000 + round));
      await settled();
    }
    assert.equal(writes("patch gadgets/status") - before, 1);
    assert.deepEqual(
      problems.splice(0).map(({ kind }) => kind),
      ["Invalid"],
    );
    reporter.report({ ...origin, generation: 3 }, account(7));
    await settled();
    assert.equal((await statusOf("first"))?.current, 7);
  });

  test("never writes one object's status into another that took its place", async () => {
    reporter.report(gadgetOrigin("first", { uid: "of-another-life" }), account(55));
    await settled();
    assert.equal((await statusOf("first"))?.current, 7);
    assert.deepEqual(problems.splice(0), []);
  });

  test("reports nothing for an object that is gone", async () => {
    reporter.report(gadgetOrigin("nobody"), account(1));
    await settled();
    assert.deepEqual(problems, []);
  });

  test("the same incident again raises its event's count; others have events of their own", async () => {
    for (let round = 0; round < 4; round += 1) {
      reporter.tell(gadgetOrigin("first"), incident("scaled from 0 to 3"));
      await settled();
    }
    reporter.tell(gadgetOrigin("first"), incident("scaled from 3 to 0"));
    await settled();
    const list = (await objects.get("/api/v1/namespaces/default/events")) as {
      items: { message: string; count: number; involvedObject: object; source: object }[];
    };
    const said = list.items.map(({ message, count }) => [message, count]).sort();
    assert.deepEqual(said, [
      ["scaled from 0 to 3", 4],
      ["scaled from 3 to 0", 1],
    ]);
    assert.deepEqual(list.items[0]?.involvedObject, {
      apiVersion: "test.example/v1",
      kind: "Gadget",
      namespace: "default",
      name: "first",
    });
    assert.equal(writes("create events"), 2);
  });
});

function keepIn(kept: Map<string, Parsed>): (parsed: Parsed) => void {
  return (parsed) => void kept.set("autoscaler" in parsed ? parsed.autoscaler.id : parsed.id, parsed);
}
