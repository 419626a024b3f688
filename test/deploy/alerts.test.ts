import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { parse } from "yaml";
import { PROMTOOL } from "../support/servers/prometheus.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
}

interface Case {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: readonly unknown[] }[];
}

const CASES = "test/deploy/alerts.promtool.yaml";
const { groups } = parse(readFileSync("deploy/alerts.yaml", "utf8")) as { groups: readonly { rules: Rule[] }[] };
const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
const promtool = async (...words: string[]) => (await promisify(execFile)(PROMTOOL.path ?? "", words)).stdout;

test("promtool accepts the rules", { skip: PROMTOOL.skip }, async () => {
  assert.match(await promtool("check", "rules", "deploy/alerts.yaml"), new RegExp(`SUCCESS: ${alerts.length} rules`));
});

test("each alert fires when it should and not otherwise", { skip: PROMTOOL.skip }, async () => {
  assert.match(await promtool("test", "rules", CASES), /SUCCESS/);
});

test("each alert has a case in which it fires and one in which it does not", () => {
  const { tests } = parse(readFileSync(CASES, "utf8")) as { tests: readonly Case[] };
  const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
  const names = (fires: boolean) =>
    cases.filter(({ exp_alerts = [] }) => exp_alerts.length > 0 === fires).map(({ alertname }) => alertname);
  assert.deepEqual([...new Set(names(true))].sort(), [...alerts].sort());
  assert.deepEqual([...new Set(names(false))].sort(), [...alerts].sort());
});

test("the Prometheus operator's rule has the same groups, and docs/operations.md names each alert", () => {
  const rule = parse(readFileSync("deploy/prometheus-rule.yaml", "utf8"));
  assert.equal(rule.kind, "PrometheusRule");
  assert.deepEqual(rule.spec, { groups });
  const page = readFileSync("docs/operations.md", "utf8");
  for (const alert of alerts) assert.ok(page.includes(`\`${alert}\``), alert);
});

test("labels of objects reach Prometheus as they are", () => {
  const [endpoint] = parse(readFileSync("deploy/service-monitor.yaml", "utf8")).spec.endpoints;
  assert.equal(endpoint.honorLabels, true);
});
