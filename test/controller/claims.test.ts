import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerWorld, parsedAutoscaler } from "../support/controller-world.ts";
import { settle } from "../support/virtual-clock.ts";

const target = { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "mail" };

function claimant(name: string, createdAt: number, more: Parameters<typeof parsedAutoscaler>[1] = {}) {
  const parsed = parsedAutoscaler(name, { target, ...more });
  return { ...parsed, autoscaler: { ...parsed.autoscaler, origin: { ...parsed.autoscaler.origin, createdAt } } };
}

async function contested() {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("elder").answer = 20;
  world.queue("younger").answer = 70;
  world.controller.keep(claimant("younger", 2_000));
  world.controller.keep(claimant("elder", 1_000));
  await world.elect();
  return world;
}

test("of two autoscalers for one workload the younger is refused, looks at nothing, and both say so", async () => {
  const world = await contested();
  assert.equal(world.workloads.replicas("mail"), 2);
  assert.equal(world.queue("younger").reads, 0);
  assert.deepEqual(world.reporter.conditions("younger").slice(0, 2), [
    "Ready=False WorkloadClaimed",
    "ScalingActive=False NotReady",
  ]);
  assert.equal(world.reporter.conditions("elder")[0], "Ready=True WorkloadContested");
  assert.match(
    world.reporter.accounts.get("younger")?.conditions[0]?.message ?? "",
    /WorkerPodAutoScaler shop\/elder is older/,
  );
  assert.match(world.reporter.accounts.get("elder")?.conditions[0]?.message ?? "", /WorkerPodAutoScaler shop\/younger/);
  assert.deepEqual(world.reporter.reasons("younger"), ["WorkloadClaimed"]);
  assert.ok(world.reporter.reasons("elder").includes("WorkloadContested"));
  await world.stop();
});

test("the younger takes over when the elder goes", async () => {
  const world = await contested();
  world.controller.forget("WorkerPodAutoScaler/shop/elder");
  await settle();
  assert.equal(world.workloads.replicas("mail"), 7);
  assert.equal(world.reporter.conditions("younger")[0], "Ready=True ReadyForNewScale");
  await world.stop();
});

test("the younger takes over when the elder turns to another workload, and stops when it turns back", async () => {
  const world = await contested();
  world.workloads.set("other", 0);
  world.controller.keep(claimant("elder", 1_000, { target: { ...target, name: "other" } }));
  await settle();
  assert.equal(world.workloads.replicas("mail"), 7);
  assert.equal(world.workloads.replicas("other"), 2);
  assert.equal(world.reporter.conditions("elder")[0], "Ready=True ReadyForNewScale");
  world.controller.keep(claimant("elder", 1_000));
  await settle();
  assert.equal(world.reporter.conditions("younger")[0], "Ready=False WorkloadClaimed");
  assert.equal(world.queue("younger").closed, 1);
  await world.stop();
});

test("an elder that becomes invalid gives its workload up", async () => {
  const world = await contested();
  const { id, origin } = claimant("elder", 1_000).autoscaler;
  const problems = [{ path: "spec.maxReplicas", message: "expected 0 or more, got -3", remedy: "write 0 or more" }];
  world.controller.keep({ id, origin, problems });
  await settle();
  assert.equal(world.workloads.replicas("mail"), 7);
  assert.deepEqual(world.reporter.conditions("elder")[0], "Ready=False InvalidSpec");
  assert.equal(
    world.reporter.accounts.get("elder")?.conditions[0]?.message,
    "spec.maxReplicas: expected 0 or more, got -3 (write 0 or more)",
  );
  await world.stop();
});

test("a dry run beside the real one is neither refused nor refuses", async () => {
  const world = await contested();
  world.queue("trial").answer = 90;
  world.controller.keep(claimant("trial", 500, { mode: "DryRun" }));
  await settle();
  assert.equal(world.reporter.conditions("trial")[0], "Ready=True DryRun");
  assert.equal(world.reporter.accounts.get("trial")?.decision?.desiredReplicas, 9);
  assert.equal(world.workloads.replicas("mail"), 2);
  await world.stop();
});

test("of two that are equally old the one whose id comes first scales", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  world.queue("a").answer = 10;
  world.queue("b").answer = 20;
  world.controller.keep(claimant("b", 1_000));
  world.controller.keep(claimant("a", 1_000));
  await world.elect();
  assert.equal(world.workloads.replicas("mail"), 1);
  await world.stop();
});

test("a workload that something else scales too is scaled, and the rivalry said", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0, { rivals: ["HorizontalPodAutoscaler shop/mail"] });
  world.queue("mail").answer = 20;
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  assert.equal(world.workloads.replicas("mail"), 2);
  assert.equal(world.reporter.conditions("mail")[0], "Ready=False WorkloadHasRival");
  assert.match(world.reporter.accounts.get("mail")?.conditions[0]?.message ?? "", /HorizontalPodAutoscaler shop\/mail/);
  world.workloads.set("mail", 2);
  await settle();
  assert.ok(world.reporter.reasons("mail").includes("Recovered"));
  await world.stop();
});

test("a workload that is missing is said, and scaled once it is there", async () => {
  const world = controllerWorld();
  world.queue("mail").answer = 20;
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  assert.equal(world.reporter.conditions("mail")[0], "Ready=False WorkloadMissing");
  world.workloads.set("mail", 0);
  await settle();
  assert.equal(world.workloads.replicas("mail"), 2);
  assert.deepEqual(
    new Set(world.reporter.reasons("mail")),
    new Set(["WorkloadMissing", "Recovered", "SuccessfulRescale"]),
  );
  await world.stop();
});

test("nothing is scaled, and at first nothing said, while the workload cannot be seen", async () => {
  const world = controllerWorld();
  world.queue("mail").answer = 20;
  world.workloads.show("mail", { state: "unknown", because: "Deployments may not be listed (Forbidden)" });
  world.controller.keep(parsedAutoscaler("mail"));
  await world.elect();
  assert.equal(world.reporter.reports, 0);
  await world.clock.advance(6_000);
  assert.equal(world.reporter.conditions("mail")[0], "Ready=Unknown WorkloadUnknown");
  assert.match(world.reporter.accounts.get("mail")?.conditions[0]?.message ?? "", /Forbidden/);
  assert.equal(world.workloads.scalings.length, 0);
  await world.stop();
});

/** A file, which has no age. */
function inFile(path: string) {
  const { autoscaler, ...rest } = parsedAutoscaler(path, { target });
  const { createdAt, uid, ...origin } = autoscaler.origin;
  return { ...rest, autoscaler: { ...autoscaler, id: `PHPAConfig/${path}`, origin: { ...origin, file: path } } };
}

test("files have no age: objects go before them, and of files the first by name is the one, and both say so", async () => {
  const world = controllerWorld();
  world.workloads.set("mail", 0);
  for (const path of ["b.yaml", "c.yaml"]) world.controller.keep(inFile(path));
  await world.elect();
  const readyOf = (id: string) => world.controller.find(id)?.account?.conditions[0]?.message;
  assert.match(
    readyOf("PHPAConfig/c.yaml") ?? "",
    /^\w+ b\.yaml comes first by name and scales Deployment shop\/mail already; delete one of the two/,
  );
  assert.match(
    readyOf("PHPAConfig/b.yaml") ?? "",
    /c\.yaml would scale .* is refused, as this one comes first by name$/,
  );
  world.controller.keep(inFile("a.yaml"));
  await settle();
  assert.match(readyOf("PHPAConfig/b.yaml") ?? "", /^\w+ a\.yaml comes first by name/);
  world.controller.keep(claimant("object", 5_000));
  await settle();
  const object = "WorkerPodAutoScaler/shop/object";
  assert.match(
    readyOf("PHPAConfig/a.yaml") ?? "",
    /^\w+ shop\/object is an object, which goes before a file, and scales/,
  );
  assert.match(readyOf(object) ?? "", /c\.yaml would scale .* as this one is an object, which goes before a file$/);
  world.controller.keep(claimant("younger", 6_000));
  await settle();
  assert.match(readyOf(object) ?? "", /as this one is older or is an object, which goes before a file$/);
  await world.stop();
});
