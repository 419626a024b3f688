import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ApiAnswer } from "../../../../test/support/api-client.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { KUBECTL } from "../../../../test/support/kubectl.ts";
import { contract, kubectlSession } from "../support/contract.ts";

contract("kubectl's own commands", { controllers: true }, (server) => {
  describe("against it", { skip: KUBECTL.skip }, () => {
    const session = kubectlSession(server);

    async function kube(line: string, ...more: readonly string[]): Promise<string> {
      return (await session.stdout([...line.split(" "), ...more])).trim();
    }

    async function fields(what: string): Promise<ApiAnswer["body"]> {
      return JSON.parse(await kube(`get ${what} -o json`));
    }

    const image = (name: string): Promise<string> =>
      kube(`get deploy ${name} -o jsonpath={.spec.template.spec.containers[0].image}`);

    test("create deployment, with several images, and with a command", async () => {
      await kube("create deployment many --image=nginx:1 --image=redis:7 --replicas=0");
      const { spec } = await fields("deploy many");
      assert.equal(spec.replicas, 0);
      assert.deepEqual(
        spec.template.spec.containers.map((one: { name: string; image: string }) => [one.name, one.image]),
        [
          ["nginx", "nginx:1"],
          ["redis", "redis:7"],
        ],
      );
      await kube("create deployment told --image=busybox --replicas=0 -- sleep 60");
      assert.deepEqual((await fields("deploy told")).spec.template.spec.containers[0].command, ["sleep", "60"]);
      assert.deepEqual((await fields("deploy told")).spec.selector, { matchLabels: { app: "told" } });
    });

    test("create a secret, a service account, and the four kinds of access rules", async () => {
      await kube("create secret docker-registry pull --docker-username=me --docker-password=word");
      const secret = await fields("secret pull");
      assert.equal(secret.type, "kubernetes.io/dockerconfigjson");
      const held = JSON.parse(Buffer.from(secret.data[".dockerconfigjson"], "base64").toString());
      assert.deepEqual(Object.values(held.auths as object)[0]?.username, "me");
      assert.match(await kube("create serviceaccount robot"), /serviceaccount\/robot created/);
      await kube("create role reader --verb=get,list --resource=pods,deployments.apps");
      assert.deepEqual((await fields("role reader")).rules, [
        { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
        { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get", "list"] },
      ]);
      await kube(`create rolebinding readers --role=reader --serviceaccount=${session.namespace}:robot --user=joe`);
      const { roleRef, subjects } = await fields("rolebinding readers");
      assert.deepEqual(roleRef, { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" });
      assert.deepEqual(subjects, [
        { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "joe" },
        { kind: "ServiceAccount", name: "robot", namespace: session.namespace },
      ]);
      await kube(`create clusterrole ${session.namespace} --verb=get --non-resource-url=/metrics`);
      assert.deepEqual((await fields(`clusterrole ${session.namespace}`)).rules, [
        { nonResourceURLs: ["/metrics"], verbs: ["get"] },
      ]);
      assert.match(
        await kube(`create clusterrolebinding ${session.namespace} --clusterrole=${session.namespace} --user=joe`),
        /created/,
      );
      await kube(`delete clusterrole,clusterrolebinding ${session.namespace}`);
    });

    test("run makes a pod with its environment, labels and arguments", async () => {
      await kube("run lone --image=busybox --env=A=B --labels=team=x,app=lone --port=80 -- one two");
      const { metadata, spec } = await fields("pod lone");
      assert.deepEqual(metadata.labels, { app: "lone", team: "x" });
      const [container] = spec.containers;
      assert.deepEqual([container.args, container.env], [["one", "two"], [{ name: "A", value: "B" }]]);
      assert.equal(container.ports[0].containerPort, 80);
    });

    test("autoscale, scale and expose", async () => {
      await kube("create deployment sized --image=nginx:1 --replicas=0 --port=80");
      await kube("autoscale deploy sized --min=2 --max=5 --cpu-percent=60");
      const { spec } = await fields("horizontalpodautoscalers.v1.autoscaling sized");
      assert.deepEqual([spec.minReplicas, spec.maxReplicas, spec.targetCPUUtilizationPercentage], [2, 5, 60]);
      assert.deepEqual(spec.scaleTargetRef, { apiVersion: "apps/v1", kind: "Deployment", name: "sized" });
      await kube("delete hpa sized");
      await kube("autoscale deploy sized --max=5");
      const byDefault = (await fields("horizontalpodautoscalers.v1.autoscaling sized")).spec;
      assert.deepEqual([byDefault.minReplicas, byDefault.targetCPUUtilizationPercentage], [1, 80]);
      await kube("delete hpa sized");
      assert.match(await kube("expose deploy sized --port=8080 --target-port=80"), /exposed/);
      const { ports, selector } = (await fields("service sized")).spec;
      assert.deepEqual(selector, { app: "sized" });
      assert.deepEqual([ports[0].port, ports[0].targetPort], [8080, 80]);
    });

    test("set image, rollout status, history and undo; each roll-out is a revision", async () => {
      const revision = () =>
        kube("get deploy rolled -o", "jsonpath={.metadata.annotations.deployment\\.kubernetes\\.io/revision}");
      await kube("create deployment rolled --image=nginx:1 --replicas=0");
      assert.match(await kube("rollout status deploy rolled --timeout=20s"), /successfully rolled out/);
      await kube("set image deploy/rolled nginx=nginx:2");
      assert.match(await kube("rollout status deploy rolled --timeout=20s"), /successfully rolled out/);
      await eventually(async () => (await revision()) === "2", "the second revision");
      assert.match(await kube("rollout history deploy rolled"), /^1 +<none>\n2 +<none>$/m);
      assert.match(await kube("rollout undo deploy rolled"), /rolled back/);
      assert.equal(await image("rolled"), "nginx:1");
      await eventually(async () => (await revision()) === "3", "the third revision");
      const sets = JSON.parse(await kube("get rs -l app=rolled -o json")).items;
      assert.equal(sets.length, 2, "the first ReplicaSet is taken up again");
      assert.match(await kube("rollout history deploy rolled"), /^2 +<none>\n3 +<none>$/m);
      await kube("rollout restart deploy rolled");
      await eventually(async () => (await revision()) === "4", "the fourth revision");
    });

    test("a paused Deployment keeps its ReplicaSet until it is resumed; causes of changes are remembered", async () => {
      const sets = async () => JSON.parse(await kube("get rs -l app=paused -o json")).items.length;
      await kube("create deployment paused --image=nginx:1 --replicas=0");
      await eventually(async () => (await sets()) === 1, "its ReplicaSet");
      await kube("rollout pause deploy paused");
      await kube("set image deploy/paused nginx=nginx:2");
      await kube("scale deploy paused --replicas=1");
      await eventually(async () => (await kube("get pods -l app=paused -o name")) !== "", "it is scaled nevertheless");
      assert.equal(await sets(), 1);
      const condition = "jsonpath={.status.updatedReplicas} {.status.conditions[?(@.type=='Progressing')].reason}";
      const told = () => kube("get deploy paused -o", condition);
      await eventually(async () => (await told()).trim() === "DeploymentPaused", "nothing up to date, and why");
      await kube("rollout resume deploy paused");
      await eventually(async () => (await sets()) === 2, "the new ReplicaSet");
      await kube("annotate deploy paused kubernetes.io/change-cause=why");
      await eventually(async () => /^2 +why$/m.test(await kube("rollout history deploy paused")), "the cause");
    });

    test("label, annotate, set env and set resources", async () => {
      await kube("create deployment marked --image=nginx:1 --replicas=0");
      await kube("label deploy marked team=x");
      await kube("annotate deploy marked note=here");
      await kube("set env deploy/marked A=B");
      await kube("set resources deploy marked --limits=cpu=200m,memory=1Gi");
      const { metadata, spec } = await fields("deploy marked");
      assert.deepEqual([metadata.labels.team, metadata.annotations.note], ["x", "here"]);
      const [container] = spec.template.spec.containers;
      assert.deepEqual(container.env, [{ name: "A", value: "B" }]);
      assert.deepEqual(container.resources.limits, { cpu: "200m", memory: "1Gi" });
      assert.match(await kube("label deploy marked team-"), /unlabeled/);
    });

    test("wait, and deleting with everything below", async () => {
      await kube("create deployment awaited --image=nginx:1 --replicas=0");
      assert.match(await kube("wait --for=condition=Available deploy/awaited --timeout=20s"), /condition met/);
      assert.match(await kube("delete deploy awaited --cascade=foreground --timeout=20s"), /deleted/);
      assert.equal(await kube("get rs -l app=awaited -o name"), "");
    });
  });
});
