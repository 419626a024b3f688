import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { WorkerPod } from "../../src/core/index.ts";
import { BusyStage, COST, marked } from "../support/busy-stage.ts";
import { controlPlaneSkip } from "../support/control-plane.ts";
import { eventually } from "../support/waiting.ts";

const skip = controlPlaneSkip();

describe("busy workers on a real control plane", { skip, timeout: 500_000 }, () => {
  let stage: BusyStage;
  /** From Kubernetes 1.22 on. */
  let costsCount: boolean;

  before(async () => {
    stage = await BusyStage.open();
    costsCount = await stage.pods.ordersByCost(new AbortController().signal);
  });
  after(() => stage?.close());

  function names(pods: readonly WorkerPod[]): string[] {
    return pods.map(({ name }) => name).sort();
  }

  /** These of them are busy. */
  function occupy(pods: readonly WorkerPod[]): string[] {
    for (const { name } of pods) stage.says.set(name, "busy");
    return names(pods);
  }

  test("idle workers go and busy ones stay, however the pods are ordered", async () => {
    const pods = await stage.workers("mixed", 8);
    const busy = occupy(pods.filter((_, index) => index % 2 === 0));
    const run = await stage.control("mixed", 1, {});
    if (costsCount) {
      assert.deepEqual(names(await stage.settled("mixed", 4)), busy);
      await eventually(async () => assert.match(run.said().join(), /4 stay; 3 more wait for their work/));
    } else {
      // Kubernetes chooses by age and node there: no more go than stand before the first busy one.
      await eventually(async () => assert.match(run.said().join(), /heeds no pod-deletion-cost/));
    }
    for (const name of busy) stage.says.delete(name);
    await stage.settled("mixed", 1);
    await run.close();
    assert.deepEqual(await stage.interrupted("mixed"), []);
    assert.equal(run.stoppedBusy(), 0);
  });

  test("the message that says what is held up names who goes and why others stay", async () => {
    const pods = await stage.workers("worded", 3);
    occupy(pods);
    const run = await stage.control("worded", 1, {});
    await eventually(async () =>
      assert.match(run.said().join(), /3 stay; 2 more wait for their work \(worded-.*: says that it is busy\)/),
    );
    assert.equal(await stage.replicas("worded"), 3);
    for (const { name } of pods) stage.says.delete(name);
    await stage.settled("worded", 1);
    await run.close();
  });

  test("workers that always say that they are busy hold a scale-down up for forceAfterSeconds alone", async () => {
    const busy = occupy(await stage.workers("stubborn", 3));
    const began = Date.now();
    const run = await stage.control("stubborn", 1, { forceAfterSeconds: 8 });
    await stage.settled("stubborn", 1);
    assert.ok(Date.now() - began >= 8_000);
    const interrupted = await stage.interrupted("stubborn");
    assert.equal(interrupted.length, 2);
    assert.ok(interrupted.every((pod) => busy.includes(pod)));
    await eventually(async () => assert.equal(run.stoppedBusy(), 2));
    assert.match(run.lines.join("\n"), /Stopped busy workers .*stubborn-/);
    await run.close();
  });

  test("a worker whose probe hangs counts as busy", async () => {
    const [hanging, ...others] = await stage.workers("hung", 3);
    assert.ok(hanging);
    stage.says.set(hanging.name, "hang");
    const run = await stage.control("hung", 0, {});
    const why = costsCount ? /its probe did not answer within 1 s/ : /heeds no pod-deletion-cost/;
    await eventually(async () => assert.match(run.said().join(), why));
    if (costsCount) assert.deepEqual(names(await stage.settled("hung", 1)), [hanging.name]);
    assert.ok((await stage.present("hung")).some(({ name }) => name === hanging.name));
    assert.equal(others.length, 2);
    stage.says.delete(hanging.name);
    await stage.settled("hung", 0);
    await run.close();
  });

  test("costs of another controller are left alone, and reckoned with", async () => {
    const [costly, busy, ...others] = await stage.workers("foreign", 4);
    assert.ok(costly && busy);
    occupy([busy]);
    await stage.annotate(costly.name, { [COST]: "100" });
    const run = await stage.control("foreign", 1, {});
    if (costsCount) {
      assert.deepEqual(names(await stage.settled("foreign", 2)), names([costly, busy]));
      await eventually(async () => assert.match(run.said().join(), /1 more idle pod cannot go/));
    }
    const now = (await stage.present("foreign")).find(({ name }) => name === costly.name);
    assert.deepEqual(now?.deletionCost, { value: 100, isOurs: false });
    assert.equal(others.length, 2);
    await run.close();
  });

  test("a worker that becomes busy after it was chosen stays, and keeps no mark", async () => {
    const pods = await stage.workers("late", 2);
    const run = await stage.control("late", 0, {});
    await eventually(async () => assert.equal(marked(await stage.present("late")).length, 2), { pauseMs: 20 });
    occupy(pods);
    await eventually(async () => assert.match(run.said().join(), /2 stay/));
    await stage.settled("late", 2);
    assert.equal(await stage.replicas("late"), 2);
    for (const { name } of pods) stage.says.delete(name);
    await stage.settled("late", 0);
    await run.close();
  });

  test("a worker that protects itself stays; one that was chosen is told that it is too late", async () => {
    const [first, ...others] = await stage.workers("protected", 3);
    assert.ok(first);
    const signal = new AbortController().signal;
    const protect = (name: string) => stage.pods.protect({ namespace: "default", name }, Date.now() + 20_000, signal);
    assert.equal(await protect(first.name), "done");
    // On 1.20 those that would go first are chosen alone, which need not be these.
    const run = await stage.control("protected", costsCount ? 1 : 0, {});
    if (costsCount) {
      await eventually(async () => assert.equal(marked(await stage.present("protected")).length, 2), { pauseMs: 20 });
      for (const { name } of others) assert.equal(await protect(name), "leaving");
      assert.deepEqual(names(await stage.settled("protected", 1)), [first.name]);
    } else await eventually(async () => assert.match(run.said().join(), /heeds no pod-deletion-cost|protected for/));
    assert.ok((await stage.present("protected")).some(({ name }) => name === first.name));
    await run.close();
  });

  test("a rise calls a scale-down off at once, and the marks are removed", async () => {
    await stage.workers("turning", 6);
    const run = await stage.control("turning", 1, {});
    await eventually(async () => assert.ok(marked(await stage.present("turning")).length > 0), { pauseMs: 20 });
    run.want(8);
    const asked = Date.now();
    await eventually(async () => assert.equal(await stage.replicas("turning"), 8), { pauseMs: 20 });
    assert.ok(Date.now() - asked < 3_000);
    await stage.settled("turning", 8);
    await run.close();
  });

  test("a process that stops in the middle of a scale-down removes its marks", async () => {
    await stage.workers("stopped", 3);
    const run = await stage.control("stopped", 1, {});
    await eventually(async () => assert.equal(marked(await stage.present("stopped")).length, 2), { pauseMs: 20 });
    await run.close();
    assert.deepEqual(marked(await stage.present("stopped")), []);
    assert.equal(await stage.replicas("stopped"), 3);
  });

  test("a process that begins to act removes the marks of one that was killed", async () => {
    const [pod] = await stage.workers("left-over", 2);
    assert.ok(pod);
    await stage.annotate(pod.name, { [COST]: "-2000000001", "muster.dev/deletion-cost": "-2000000001" });
    const run = await stage.control("left-over", 2, {});
    await stage.settled("left-over", 2);
    await run.close();
  });

  test("a StatefulSet goes down to the highest busy ordinal and no further", async () => {
    const pods = await stage.workers("ordered", 5, "StatefulSet");
    const busy = pods.filter(({ name }) => name === "ordered-2");
    occupy(busy);
    const run = await stage.control("ordered", 1, {}, { kind: "StatefulSet" });
    assert.deepEqual(names(await stage.settled("ordered", 3, "StatefulSet")), ["ordered-0", "ordered-1", "ordered-2"]);
    await eventually(async () => assert.match(run.said().join(), /a busy one with a higher ordinal/));
    stage.says.delete("ordered-2");
    await stage.settled("ordered", 1, "StatefulSet");
    await run.close();
  });

  test("during a rolling update no worker is stopped while one is busy", async () => {
    const pods = await stage.workers("rolling", 4);
    const [busy] = pods;
    assert.ok(busy);
    occupy([busy]);
    stage.startsReady = false;
    const template = (value: string | null) => ({ template: { metadata: { annotations: { release: value } } } });
    // The new pods do not become ready, so that the old ones stay.
    await stage.patchDeployment("rolling", { strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } });
    await stage.patchDeployment("rolling", template("2"));
    await eventually(async () => assert.equal((await stage.present("rolling")).length, 5));
    const run = await stage.control("rolling", 1, {});
    await eventually(async () => assert.match(run.said().join(), /a rolling update is under way/));
    assert.equal(await stage.replicas("rolling"), 4);
    stage.startsReady = true;
    await stage.patchDeployment("rolling", template(null));
    if (costsCount) assert.deepEqual(names(await stage.settled("rolling", 1)), [busy.name]);
    else await eventually(async () => assert.equal((await stage.present("rolling")).length, 4));
    assert.deepEqual(await stage.interrupted("rolling"), []);
    await run.close();
  });

  test("with Prefer the number is reached, and idle workers go first", async () => {
    const pods = await stage.workers("preferred", 4);
    const busy = occupy(pods.slice(0, 2));
    const run = await stage.control("preferred", 2, { protect: "Prefer" });
    const left = names(await stage.settled("preferred", 2));
    if (costsCount) assert.deepEqual(left, busy);
    run.want(1);
    await stage.settled("preferred", 1);
    if (costsCount) await eventually(async () => assert.equal(run.stoppedBusy(), 1));
    await run.close();
  });

  test("without the permission nobody is stopped with Always, and Prefer works as before; both say so", async () => {
    const rules = [{ apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["get"] }];
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    const kind = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: "limited" } };
    await stage.objects.create(`${rbac}/roles`, { ...kind, kind: "Role", rules });
    await stage.objects.create(`${rbac}/rolebindings`, {
      ...{ ...kind, kind: "RoleBinding" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "limited" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "limited" }],
    });
    await stage.workers("forbidden", 3);
    const missing = /may not list and patch pods in default: grant deploy\/busy-workers\.yaml/;
    const always = await stage.control("forbidden", 1, {}, { token: "limited-token" });
    await eventually(async () => assert.match(always.said().join(), missing));
    assert.equal(await stage.replicas("forbidden"), 3);
    await always.close();
    const prefer = await stage.control("forbidden", 1, { protect: "Prefer" }, { token: "limited-token" });
    await stage.settled("forbidden", 1);
    await eventually(async () => assert.match(prefer.lines.join(), missing));
    await prefer.close();
  });

  test("a process that may list pods in single namespaces alone removes the marks of an earlier one there", async () => {
    const rules = [
      { apiGroups: ["apps"], resources: ["deployments/scale"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "patch"] },
    ];
    const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
    const kind = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: "limited-to-pods" } };
    await stage.objects.create(`${rbac}/roles`, { ...kind, kind: "Role", rules });
    await stage.objects.create(`${rbac}/rolebindings`, {
      ...{ ...kind, kind: "RoleBinding" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "limited-to-pods" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "limited" }],
    });
    const [pod] = await stage.workers("narrow", 2);
    assert.ok(pod);
    await stage.annotate(pod.name, { [COST]: "-2000000001", "muster.dev/deletion-cost": "-2000000001" });
    const run = await stage.control("narrow", 2, {}, { token: "limited-token" });
    await stage.settled("narrow", 2);
    await run.close();
  });

  test("asks nothing of pods while nobody is to be stopped", async () => {
    await stage.workers("quiet", 2);
    const run = await stage.control("quiet", 2, {});
    await eventually(async () => assert.ok(run.calls.length > 0));
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    assert.deepEqual(
      run.calls.map(({ what }) => what),
      ["list pods"],
    );
    await run.close();
  });
});
