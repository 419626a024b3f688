import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { eventually } from "../../../../test/support/eventually.ts";
import { KUBECTL } from "../../../../test/support/kubectl.ts";
import { contract, kubectlSession } from "../support/contract.ts";
import { establishWidgets, webDeployment } from "../support/sandbox.ts";

const GROUP = "kubectl.example.com";
const WIDGET = { apiVersion: `${GROUP}/v1`, kind: "Widget", metadata: { name: "one" }, spec: { size: "small" } };

contract("kubectl", { controllers: true }, (server) => {
  describe("against it", { skip: KUBECTL.skip }, () => {
    const session = kubectlSession(server);
    before(() => establishWidgets(server().api, GROUP));

    const kube = (...args: readonly string[]): Promise<string> => session.stdout(args);

    async function refused(...args: readonly string[]): Promise<string> {
      const failure = await kube(...args).then(
        () => undefined,
        (error: { stderr: string }) => error.stderr,
      );
      assert.ok(failure !== undefined, `expected kubectl ${args.join(" ")} to fail`);
      return failure;
    }

    function manifest(name: string, object: object): string {
      const path = join(session.directory, name);
      writeFileSync(path, JSON.stringify(object));
      return path;
    }

    test("create, get in every form, and describe", async () => {
      assert.match(
        await kube("create", "-f", manifest("widget.json", WIDGET)),
        /widget\.kubectl\.example\.com\/one created/,
      );
      const plain = (await kube("get", "widgets")).trim().split("\n");
      assert.match(plain[0] ?? "", /^NAME +SIZE +REPLICAS +READY +AGE *$/);
      assert.match(plain[1] ?? "", /^one +small +1 +\d+s *$/);
      assert.match(await kube("get", "wd", "-o", "wide"), /^NAME +SIZE +REPLICAS +READY +NOTE +AGE/);
      assert.equal(JSON.parse(await kube("get", "wd", "one", "-o", "json")).spec.size, "small");
      assert.match(await kube("get", "wd", "one", "-o", "yaml"), /^ {2}size: small$/m);
      assert.equal(await kube("get", "wd", "-o", "jsonpath={.items[*].spec.size}"), "small");
      assert.match(await kube("describe", "wd", "one"), /Size: +small/);
      assert.match(
        await refused("create", "-f", join(session.directory, "widget.json")),
        /AlreadyExists.*widgets\.kubectl\.example\.com "one" already exists/,
      );
      assert.match(await refused("get", "wd", "two"), /NotFound.*widgets\.kubectl\.example\.com "two" not found/);
    });

    test("apply creates, keeps, and changes objects; it reports what the schema forbids", async () => {
      const web = manifest("web.json", webDeployment());
      assert.match(await kube("apply", "-f", web), /deployment\.apps\/web created/);
      assert.match(await kube("apply", "-f", web), /deployment\.apps\/web unchanged/);
      const changed = webDeployment("web", 1);
      assert.match(await kube("apply", "-f", manifest("web.json", changed)), /deployment\.apps\/web configured/);
      assert.equal(await kube("get", "deploy", "web", "-o", "jsonpath={.spec.replicas}"), "1");
      const applied = { ...WIDGET, metadata: { name: "applied" } };
      assert.match(await kube("apply", "-f", manifest("applied.json", applied)), /applied created/);
      const wrong = manifest("wrong.json", { ...applied, spec: { size: "huge" } });
      assert.match(
        await refused("apply", "-f", wrong),
        /spec\.size: Unsupported value: "huge": supported values: "small", "large"/,
      );
      const unknown = manifest("unknown.json", { ...applied, spec: { size: "small", colour: "red" } });
      assert.match(await refused("apply", "-f", unknown), /unknown field "(spec\.)?colour"/);
    });

    test("objects that kubectl creates arrive complete, though it sends protobuf", async () => {
      await kube("create", "configmap", "made", "--from-literal=a=b");
      assert.equal(await kube("get", "configmap", "made", "-o", "jsonpath={.data}"), '{"a":"b"}');
      await kube("create", "secret", "generic", "made", "--from-literal=password=secret");
      assert.equal(await kube("get", "secret", "made", "-o", "jsonpath={.data.password} {.type}"), "c2VjcmV0 Opaque");
      await kube("create", "deployment", "made", "--image=nginx:1", "--replicas=3", "--port=80");
      const made = JSON.parse(await kube("get", "deploy", "made", "-o", "json"));
      const [container] = made.spec.template.spec.containers;
      assert.deepEqual([made.spec.replicas, made.spec.selector], [3, { matchLabels: { app: "made" } }]);
      assert.deepEqual([container.image, container.ports], ["nginx:1", [{ containerPort: 80, protocol: "TCP" }]]);
      assert.equal(made.spec.strategy.type, "RollingUpdate");
      assert.match(await kube("create", "namespace", `${session.namespace}-more`), /created/);
      assert.equal((await kube("auth", "can-i", "create", "pods")).trim(), "yes");
    });

    test("edit opens an editor and saves what it leaves", async () => {
      await kube("create", "-f", manifest("edited.json", { ...WIDGET, metadata: { name: "edited" } }));
      const editor = join(session.directory, "editor.sh");
      writeFileSync(editor, '#!/bin/sh\nsed -i "s/size: small/size: large/" "$1"\n');
      chmodSync(editor, 0o755);
      const env = { ...process.env, KUBE_EDITOR: editor };
      assert.match(await session.stdout(["edit", "wd", "edited"], env), /edited edited/);
      assert.equal(await kube("get", "wd", "edited", "-o", "jsonpath={.spec.size}"), "large");
    });

    test("patch and scale, of a Deployment and of a custom resource", async () => {
      await kube("create", "-f", manifest("scaled.json", webDeployment("scaled", 0)));
      await kube("create", "-f", manifest("patched.json", { ...WIDGET, metadata: { name: "patched" } }));
      assert.match(await kube("scale", "deploy", "scaled", "--replicas=3"), /scaled/);
      assert.equal(await kube("get", "deploy", "scaled", "-o", "jsonpath={.spec.replicas}"), "3");
      assert.match(
        await refused("scale", "deploy", "scaled", "--current-replicas=9", "--replicas=1"),
        /Expected replicas to be 9, was 3/,
      );
      assert.match(await kube("scale", "wd", "patched", "--replicas=4"), /patched scaled/);
      assert.equal(await kube("get", "wd", "patched", "-o", "jsonpath={.spec.replicas}"), "4");
      await kube("patch", "wd", "patched", "--type=merge", "-p", '{"spec":{"size":"large"}}');
      await kube(
        "patch",
        "deploy",
        "scaled",
        "-p",
        '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:2"}]}}}}',
      );
      await kube(
        "patch",
        "deploy",
        "scaled",
        "--type=json",
        "-p",
        '[{"op":"replace","path":"/spec/replicas","value":2}]',
      );
      const image = "jsonpath={.spec.replicas} {.spec.template.spec.containers[0].image}";
      assert.equal(await kube("get", "deploy", "scaled", "-o", image), "2 nginx:2");
    });

    test("a Deployment gets its ReplicaSet and pods, with events, and deletes them with itself", async () => {
      await kube("create", "-f", manifest("owner.json", webDeployment("owner", 2)));
      await eventually(
        async () => (await kube("get", "pods", "-l", "app=owner", "-o", "name")).split("\n").length === 3,
        "two pods",
      );
      assert.match(await kube("get", "deploy,rs,pods", "-l", "app=owner"), /deployment\.apps\/owner +0\/2 +2 +0/);
      assert.match(
        await kube("get", "rs", "-l", "app=owner"),
        /^NAME +DESIRED +CURRENT +READY +AGE\nowner-[a-z0-9]+ +2 +2 +0/,
      );
      await eventually(
        async () => /Scaled up replica set owner-\S+/.test(await kube("describe", "deploy", "owner")),
        "its event",
      );
      assert.match(await kube("get", "events"), /ScalingReplicaSet +deployment\/owner +Scaled up replica set/);
      assert.match(await kube("delete", "deploy", "owner"), /deployment\.apps "owner" deleted/);
      await eventually(
        async () => (await kube("get", "rs,pods", "-l", "app=owner", "-o", "name")) === "",
        "nothing is left",
      );
    });

    test("get -w follows", async () => {
      await kube("create", "-f", manifest("followed.json", { ...WIDGET, metadata: { name: "followed" } }));
      const follower = spawn(KUBECTL.path ?? "", session.words(["get", "wd", "followed", "-w"]), {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      follower.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
      await eventually(() => /followed +small/.test(output), "the first line");
      await kube("patch", "wd", "followed", "--type=merge", "-p", '{"spec":{"size":"large"}}');
      await eventually(() => /followed +large/.test(output), "the change");
      follower.kill();
      await once(follower, "close");
    });

    test("explain describes fields", async (context) => {
      if (server().minor < 24) {
        // kubectl's explain wants OpenAPI v3, which came with 1.24.
        context.diagnostic("no OpenAPI v3 here");
        return;
      }
      assert.match(await kube("explain", "wd.spec.size"), /how big/);
      assert.match(await kube("explain", "wd.spec"), /replicas\s+<integer>/);
      assert.match(await kube("explain", "deployment.spec.replicas"), /Number of desired pods/);
      assert.match(await kube("explain", "hpa.spec.metrics"), /metrics\s+<\[\]\w+>/);
    });

    test("delete, one and all", async () => {
      assert.match(await kube("delete", "wd", "one"), /"one" deleted/);
      await kube("delete", "wd", "--all");
      assert.equal(await kube("get", "wd", "-o", "name"), "");
    });
  });
});
