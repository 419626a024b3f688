import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiAnswer } from "../../../../test/support/api-client.ts";
import { contract } from "../support/contract.ts";
import { webDeployment } from "../support/sandbox.ts";

const deployments = (namespace: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments`;
const configMaps = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`;

function refused(answer: ApiAnswer, status: number, reason: string, message: string): void {
  assert.deepEqual([answer.status, answer.body.reason, answer.body.message], [status, reason, message]);
  assert.equal(answer.body.kind, "Status");
}

contract("objects", {}, (server) => {
  test("discovery lists groups, versions, kinds and their scale subresources", async () => {
    const { api } = server();
    assert.deepEqual((await api.get("/api")).body.versions, ["v1"]);
    const groups = (await api.get("/apis")).body.groups.map((group: { name: string }) => group.name);
    for (const group of ["apps", "coordination.k8s.io", "autoscaling", "apiextensions.k8s.io", "events.k8s.io"]) {
      assert.ok(groups.includes(group), group);
    }
    const { resources } = (await api.get("/apis/apps/v1")).body;
    const named = (name: string): Record<string, unknown> =>
      resources.find((resource: { name: string }) => resource.name === name);
    assert.deepEqual(named("deployments").shortNames, ["deploy"]);
    assert.deepEqual(named("deployments/scale"), {
      name: "deployments/scale",
      singularName: "",
      namespaced: true,
      group: "autoscaling",
      version: "v1",
      kind: "Scale",
      verbs: ["get", "patch", "update"],
    });
    assert.equal((await api.get("/readyz")).text, "ok");
    assert.equal((await api.get("/apis/no.such.group/v1")).status, 404);
  });

  test("creates a Deployment with its defaults, reads, replaces and deletes it", async () => {
    const { api, namespace } = server();
    const path = deployments(await namespace());
    const made = await api.post(path, webDeployment());
    assert.equal(made.status, 201);
    const { metadata, spec } = made.body;
    assert.equal(metadata.generation, 1);
    assert.match(metadata.uid, /^[0-9a-f-]{36}$/);
    assert.match(metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(spec.strategy, {
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" },
    });
    assert.deepEqual([spec.revisionHistoryLimit, spec.progressDeadlineSeconds], [10, 600]);
    assert.deepEqual(spec.template.spec, {
      containers: [
        {
          name: "web",
          image: "nginx:1.25",
          env: [{ name: "A", value: "1" }],
          resources: {},
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "File",
          imagePullPolicy: "IfNotPresent",
        },
      ],
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      securityContext: {},
      schedulerName: "default-scheduler",
    });
    const replaced = await api.put(`${path}/web`, webDeployment("web", 5));
    assert.deepEqual([replaced.body.spec.replicas, replaced.body.metadata.generation], [5, 2]);
    assert.equal(replaced.body.metadata.uid, metadata.uid);
    const gone = await api.delete(`${path}/web`);
    assert.deepEqual(
      [gone.body.kind, gone.body.status, gone.body.details.name, gone.body.details.kind, gone.body.details.uid],
      ["Status", "Success", "web", "deployments", metadata.uid],
    );
    refused(await api.get(`${path}/web`), 404, "NotFound", 'deployments.apps "web" not found');
  });

  test("refusals have Kubernetes' reasons and words", async () => {
    const { api, namespace } = server();
    const place = await namespace();
    const path = deployments(place);
    await api.post(path, webDeployment());
    refused(await api.post(path, webDeployment()), 409, "AlreadyExists", 'deployments.apps "web" already exists');
    const elsewhere = await api.post(deployments("no-such-place"), webDeployment());
    refused(elsewhere, 404, "NotFound", 'namespaces "no-such-place" not found');
    refused(await api.get(`/api/v1/namespaces/${place}/pods/x`), 404, "NotFound", 'pods "x" not found');
    refused(
      await api.post(path, webDeployment("bad", -1)),
      422,
      "Invalid",
      'Deployment.apps "bad" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
    const other = { ...webDeployment(), metadata: { name: "x", namespace: "other" } };
    const mismatch = "the namespace of the provided object does not match the namespace sent on the request";
    refused(await api.post(path, other), 400, "BadRequest", mismatch);
    refused(
      await api.put(`${path}/web`, webDeployment("other")),
      400,
      "BadRequest",
      "the name of the object (other) does not match the name on the URL (web)",
    );
    const nameless = await api.post(path, { ...webDeployment(), metadata: {} });
    const unnamed = 'Deployment.apps "" is invalid: metadata.name: Required value: name or generateName is required';
    refused(nameless, 422, "Invalid", unnamed);
    const bare = {
      ...webDeployment(),
      spec: { ...webDeployment().spec, template: { metadata: { labels: { app: "web" } } } },
    };
    const empty = 'Deployment.apps "web" is invalid: spec.template.spec.containers: Required value';
    refused(await api.put(`${path}/web`, bare), 422, "Invalid", empty);
    assert.equal((await api.call("PUT", path, {})).status, 405);
  });

  test("drops unknown fields of built-in kinds at any depth, and refuses them on request", async () => {
    const { api, namespace, minor } = server();
    const path = deployments(await namespace());
    const odd = {
      name: "web",
      image: "nginx",
      imag: "x",
      env: [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k", keys: 1 } } }],
      resources: { requests: { cpu: "1" }, limit: {} },
    };
    const template = { metadata: { labels: { app: "web" }, label: {} }, spec: { containers: [odd], replica: 1 } };
    const body = { ...webDeployment(), spec: { ...webDeployment().spec, template } };
    const { status, body: made } = await api.post(`${path}?fieldValidation=Ignore`, body);
    assert.equal(status, 201, JSON.stringify(made));
    const [stored] = made.spec.template.spec.containers;
    assert.deepEqual(
      [stored.imag, stored.resources, stored.env, made.spec.template.spec.replica],
      [
        undefined,
        { requests: { cpu: "1" } },
        [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }],
        undefined,
      ],
    );
    if (minor < 27) return;
    const refusal = await api.post(`${path}?fieldValidation=Strict`, { ...body, metadata: { name: "strict" } });
    assert.equal(refusal.status, 400);
    const under = "spec.template.spec.containers[0]";
    for (const field of [
      `${under}.imag`,
      `${under}.env[0].valueFrom.secretKeyRef.keys`,
      `${under}.resources.limit`,
      "spec.template.metadata.label",
      "spec.template.spec.replica",
    ]) {
      assert.ok(refusal.body.message.includes(`unknown field "${field}"`), `${field}: ${refusal.body.message}`);
    }
  });

  test("the namespaces that a cluster needs cannot be deleted", async () => {
    const { api } = server();
    for (const name of ["default", "kube-system"]) {
      const because = "this namespace may not be deleted";
      refused(
        await api.delete(`/api/v1/namespaces/${name}`),
        403,
        "Forbidden",
        `namespaces "${name}" is forbidden: ${because}`,
      );
    }
  });

  test("a write with an old resourceVersion, or another object's uid, is a conflict", async () => {
    const { api, namespace } = server();
    const path = deployments(await namespace());
    const { metadata } = (await api.post(path, webDeployment())).body;
    await api.merge(`${path}/web`, { spec: { replicas: 3 } });
    const stale = { ...webDeployment(), metadata: { name: "web", resourceVersion: metadata.resourceVersion } };
    const message =
      'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again';
    refused(await api.put(`${path}/web`, stale), 409, "Conflict", message);
    const { resourceVersion } = metadata;
    refused(
      await api.merge(`${path}/web`, { metadata: { resourceVersion }, spec: { replicas: 9 } }),
      409,
      "Conflict",
      message,
    );
    const stranger = await api.delete(`${path}/web`, { preconditions: { uid: "another" } });
    assert.deepEqual([stranger.status, stranger.body.reason], [409, "Conflict"]);
    assert.equal((await api.get(`${path}/web`)).body.spec.replicas, 3);
  });

  test("a write that changes nothing keeps the resourceVersion, and only spec raises the generation", async () => {
    const { api, namespace } = server();
    const path = `${deployments(await namespace())}/web`;
    const made = (await api.post(path.slice(0, -4), webDeployment())).body.metadata;
    const same = (await api.merge(path, { spec: { replicas: 2 } })).body.metadata;
    assert.equal(same.resourceVersion, made.resourceVersion);
    const labelled = (await api.merge(path, { metadata: { labels: { tier: "front" } } })).body.metadata;
    assert.notEqual(labelled.resourceVersion, made.resourceVersion);
    assert.equal(labelled.generation, 1);
    assert.equal((await api.merge(path, { spec: { replicas: 4 } })).body.metadata.generation, 2);
  });

  test("generateName appends five letters", async () => {
    const { api, namespace } = server();
    const made = await api.post(configMaps(await namespace()), {
      metadata: { generateName: "job-" },
      data: { a: "b" },
    });
    assert.match(made.body.metadata.name, /^job-[a-z0-9]{5}$/);
  });

  test("a finalizer keeps a deleted object until its removal", async () => {
    const { api, namespace } = server();
    const path = configMaps(await namespace());
    await api.post(path, { metadata: { name: "kept", finalizers: ["example.com/hold"] } });
    const marked = await api.delete(`${path}/kept`);
    assert.equal(marked.body.kind, "ConfigMap");
    assert.ok(marked.body.metadata.deletionTimestamp);
    assert.equal((await api.get(`${path}/kept`)).status, 200);
    assert.equal((await api.merge(`${path}/kept`, { metadata: { finalizers: null } })).status, 200);
    assert.equal((await api.get(`${path}/kept`)).status, 404);
  });

  test("dryRun writes nothing, and YAML bodies are understood", async () => {
    const { api, namespace } = server();
    const path = configMaps(await namespace());
    assert.equal((await api.post(`${path}?dryRun=All`, { metadata: { name: "dry" } })).status, 201);
    assert.equal((await api.get(`${path}/dry`)).status, 404);
    const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-yaml\ndata:\n  a: b\n";
    assert.equal((await api.post(path, yaml, { type: "application/yaml" })).body.data.a, "b");
  });

  test("Secrets keep stringData as data, and Leases refuse times without microseconds", async () => {
    const { api, namespace } = server();
    const place = await namespace();
    const secret = await api.post(`/api/v1/namespaces/${place}/secrets`, {
      metadata: { name: "s" },
      stringData: { a: "b" },
    });
    assert.deepEqual(
      [secret.body.data, secret.body.type, secret.body.stringData],
      [{ a: "Yg==" }, "Opaque", undefined],
    );
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${place}/leases`;
    const spec = { holderIdentity: "a", leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000000Z" };
    assert.equal((await api.post(leases, { metadata: { name: "l" }, spec })).status, 201);
    const coarse = { ...spec, renewTime: "2026-01-01T00:00:00.000Z" };
    assert.equal((await api.post(leases, { metadata: { name: "m" }, spec: coarse })).status, 400);
    const zero = await api.post(leases, { metadata: { name: "m" }, spec: { ...spec, leaseDurationSeconds: 0 } });
    const text =
      'Lease.coordination.k8s.io "m" is invalid: spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0';
    refused(zero, 422, "Invalid", text);
  });

  test("events are one store with two views", async () => {
    const { api, namespace } = server();
    const place = await namespace();
    const involvedObject = { kind: "Pod", name: "x", namespace: place };
    const core = `/api/v1/namespaces/${place}/events`;
    const made = await api.post(core, {
      metadata: { name: "e" },
      involvedObject,
      reason: "R",
      message: "M",
      type: "Normal",
    });
    assert.equal(made.status, 201);
    const view = (await api.get(`/apis/events.k8s.io/v1/namespaces/${place}/events/e`)).body;
    assert.deepEqual([view.apiVersion, view.regarding.name, view.note], ["events.k8s.io/v1", "x", "M"]);
    const found = await api.get(`${core}?fieldSelector=involvedObject.name%3Dx,type%3DNormal`);
    assert.deepEqual(
      found.body.items.map((event: { reason: string }) => event.reason),
      ["R"],
    );
    assert.equal((await api.get(`${core}?fieldSelector=involvedObject.name%3Dy`)).body.items.length, 0);
    const astray = await api.post(core, {
      metadata: { name: "f" },
      involvedObject: { ...involvedObject, namespace: "other" },
    });
    refused(
      astray,
      422,
      "Invalid",
      'Event "f" is invalid: involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    );
  });
});
