import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { convert } from "../../../src/formats/convert/convert.ts";
import { DEFAULTS } from "../../../src/formats/formats.ts";
import { madeBy, refusedBy } from "../../support/conversions.ts";

function conversion(external: object, behavior?: object, prometheusUrl: string | null = "http://prometheus:9090") {
  const metric = { name: "kafka_lag", selector: { matchLabels: { topic: "mails" } } };
  const metrics = [
    { type: "External", external: { metric, target: { type: "AverageValue", averageValue: "30" }, ...external } },
  ];
  const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "mailer" };
  return convert(
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "mailer", namespace: "shop" },
      spec: { scaleTargetRef, minReplicas: 2, maxReplicas: 9, metrics, ...(behavior && { behavior }) },
    },
    { defaults: DEFAULTS, prometheusUrl: prometheusUrl ?? undefined },
  );
}

const converted = (...given: Parameters<typeof conversion>) => madeBy(conversion(...given));

const refusal = (...given: Parameters<typeof conversion>) => refusedBy(conversion(...given));

test("a selector keeps its labels and its expressions", () => {
  const matchExpressions = [
    { key: "group", operator: "In", values: ["a.b", "c"] },
    { key: "env", operator: "NotIn", values: ["test"] },
    { key: "team", operator: "Exists" },
    { key: "old", operator: "DoesNotExist" },
  ];
  const metric = { name: "kafka_lag", selector: { matchLabels: { topic: 'm"s' }, matchExpressions } };
  assert.equal(
    converted({ metric }).spec.signals[0].source.prometheus.query,
    String.raw`sum(kafka_lag{topic="m\"s",group=~"a\\.b|c",env!~"test",team!="",old=""})`,
  );
});

test("tolerances of behavior are kept, each in its direction", () => {
  const { spec } = converted({}, { scaleUp: { tolerance: "0" }, scaleDown: { tolerance: "50m", policies: [] } });
  assert.deepEqual(spec.signals[0].perReplica, { value: 30 });
  assert.deepEqual(spec.behavior, { scaleUp: { tolerance: 0 }, scaleDown: { policies: [], tolerance: 0.05 } });
  assert.match(
    refusal({}, { scaleUp: { tolerance: "5%" } }),
    /^spec\.behavior\.scaleUp\.tolerance: expected a quantity of 0 or more, .*got "5%"/,
  );
});

test("an HPA without behavior gets the older algorithm, and a comment says so", () => {
  const { spec, text } = converted({});
  assert.deepEqual(spec.behavior, { algorithm: "AutoscalingV1" });
  assert.match(text, /# no behavior was stated: Kubernetes then uses its older algorithm/);
  assert.deepEqual(converted({}, {}).spec.behavior, { scaleUp: {}, scaleDown: {} });
});

test("what cannot be kept is said with what to do about it", () => {
  assert.match(
    refusal({ target: { type: "Value", value: "30" } }),
    /^spec\.metrics\[0\]\.external\.target: expected a target of type AverageValue, got Value \(Value multiplies the present replicas by value \/ target, so it feeds on itself; .*averageValue.*band/,
  );
  assert.match(
    refusal({ target: { type: "AverageValue", averageValue: "0" } }),
    /target: expected an averageValue above 0, got "0"/,
  );
  assert.match(
    refusal({ metric: { name: "datadogmetric@shop:lag" } }),
    /metric\.name: expected the name of a Prometheus series, got "datadogmetric@shop:lag" \(its adapter reads another system/,
  );
  assert.match(
    refusal({ metric: undefined, metricName: "lag" }),
    /^spec\.metrics\[0\]\.external: metric: expected .* \(write it as autoscaling\/v2 does/,
  );
  assert.match(
    refusal({}, undefined, null),
    /^spec\.metrics: expected to know the server of its metrics, .*an adapter reads them.* \(state the Prometheus .*--prometheus-url/,
  );
});

test("a metric that cannot be kept is left out with an error, and the others are converted", () => {
  const external = {
    ...{ metric: { name: "lag" }, target: { type: "AverageValue", averageValue: "30" } },
  };
  const metrics = [
    { type: "Resource", resource: { name: "cpu" } },
    { type: "External", external },
  ];
  const { yaml, problems } = convert(
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "mailer" },
      spec: { scaleTargetRef: { kind: "Deployment", name: "mailer" }, maxReplicas: 9, metrics },
    },
    { defaults: DEFAULTS, prometheusUrl: "http://prometheus:9090" },
  );
  assert.equal(parse(yaml ?? "").spec.signals.length, 1);
  assert.deepEqual(
    problems.map(({ path }) => path),
    ["spec.metrics[0].type"],
  );
});
