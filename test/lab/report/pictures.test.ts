import assert from "node:assert/strict";
import { test } from "node:test";
import { emptySeries } from "../../../src/lab/outcome.ts";
import { drawRuns } from "../../../src/lab/report/charts.ts";
import { reportPage } from "../../../src/lab/report/report-page.ts";
import { comparedScatter, type ScatterPoint, scatterSvg } from "../../../src/lab/report/scatter.ts";
import { assertPrintable, HARMLESS, HOSTILE } from "../../support/hostile-text.ts";
import { playRuns, rehearsal, workerAutoscaler } from "../../support/rehearsals.ts";

const ASSETS = { chartScript: "var uPlot = '</script>';", chartStyle: "", script: "", style: "" };
const evil = '<b>"mail" & more</b>';

test("the picture has a panel of arrivals and two for each policy, and only numbers", () => {
  const one = playRuns(rehearsal({ policy: evil }), 1);
  const other = playRuns(rehearsal({ policy: "other", autoscaler: workerAutoscaler() }), 1);
  const svg = drawRuns([one, other].flatMap(({ outcomes }) => outcomes));
  assert.equal(svg.match(/<g /g)?.length, 5);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
  assert.match(svg, /&lt;b&gt;&quot;mail&quot; &amp; more&lt;\/b&gt;: replicas/);
  assert.doesNotMatch(svg, /<b>/);
});

test("a run in which nothing happened has a picture too", () => {
  const svg = drawRuns(playRuns(rehearsal({ preset: "steady:rate=0,for=10m" }), 1).outcomes);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});

test("runs of different lengths are drawn on one axis of time, up to the end of the longest", () => {
  const preset = "steady:rate=60,for=10m";
  const quick = playRuns(rehearsal({ policy: "quick", preset }), 1);
  const slow = playRuns(rehearsal({ policy: "slow", preset, autoscaler: workerAutoscaler({ maxReplicas: 1 }) }), 1);
  const [first, last] = [quick, slow].map(({ outcomes }) => outcomes[0]?.series.at.at(-1) ?? 0);
  assert.ok((last ?? 0) > (first ?? 0) * 1.5, `${first} s and ${last} s`);
  const panels = drawRuns([quick, slow].flatMap(({ outcomes }) => outcomes))
    .split("<g ")
    .slice(1);
  const axes = panels.map((panel) =>
    [...panel.matchAll(/x="([\d.]+)" y="\d+" class="x">([^<]*)</g)].map(([, ...one]) => one),
  );
  assert.equal(panels.length, 5);
  for (const axis of axes) assert.deepEqual(axis, axes[0]);
  assert.ok((axes[0]?.length ?? 0) > 2);
});

test("axes have whole replicas, moments of short runs, and round worker-hours", () => {
  const { outcomes } = playRuns(rehearsal({ preset: "steady:rate=60,for=20s" }), 1);
  const svg = drawRuns(outcomes);
  assert.match(svg, />10 s</);
  assert.doesNotMatch(svg.slice(svg.indexOf(": replicas")), /class="y">\d*\.\d/);
  const scatter = scatterSvg({ points: dots(30), frontier: [], waitHead: "wait p95" });
  const costs = [...scatter.matchAll(/text-anchor="middle">([^<]*)<\/text>/g)].map(([, text]) => text);
  assert.deepEqual(costs, ["10", "20", "30", "40", "worker-hours"]);
});

test("an interval stands below its mean", () => {
  const terms = rehearsal();
  const page = reportPage([playRuns(terms, 2)], terms, ASSETS);
  assert.match(page, /<td>[\d.]+ <span class="interval">±[\d.]+<\/span><\/td>/);
});

test("names cannot break out of the page, nor scripts out of their tags", () => {
  const terms = rehearsal({
    policy: evil,
    traffic: { ...rehearsal().traffic, name: "</title><script>alert(1)</script>" },
  });
  const page = reportPage([playRuns(terms, 1), playRuns(terms, 1)], terms, ASSETS);
  assert.doesNotMatch(page, /<b>|<script>alert/);
  assert.equal(page.match(/<\/script>/g)?.length, 3);
  const [, data = ""] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
  assert.equal(JSON.parse(data).policies[0].policy, evil);
});

test("control characters in names are escaped in pictures and pages, alike in the points and in the data", () => {
  const terms = rehearsal({ policy: HOSTILE, traffic: { ...rehearsal().traffic, name: HOSTILE } });
  const compared = [playRuns(terms, 1), playRuns({ ...terms, policy: "other" }, 1)];
  assertPrintable(drawRuns(compared.flatMap(({ outcomes }) => outcomes)));
  const page = reportPage(compared, terms, ASSETS);
  assertPrintable(page);
  assert.ok(page.includes(`<title>Rehearsal: ${HARMLESS}</title>`));
  assert.ok(page.includes(`data-policy="${HARMLESS}"`));
  const [, data = ""] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
  assert.equal(JSON.parse(data).policies[0].policy, HARMLESS);
});

test("the scatter has one point for each policy, its name, and a line through those that nobody beats", () => {
  const compared = [playRuns(rehearsal({ policy: "a" }), 2), playRuns(rehearsal({ policy: "b" }), 2)];
  const svg = scatterSvg(comparedScatter(compared, 60));
  assert.equal(svg.match(/<circle/g)?.length, 2);
  assert.match(svg, />objective</);
  assert.doesNotMatch(svg, /NaN|Infinity/);
});

const dots = (count: number): ScatterPoint[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `target=${index}`,
    cost: 10 + index,
    wait: 2 ** (count - index),
  }));

test("of many points only those that matter are named, and no name lies on another", () => {
  const points = [...dots(40), { name: "now", cost: 30, wait: 4_000, role: "present" as const }];
  const svg = scatterSvg({ points, frontier: points.slice(0, 40), waitHead: "wait p95" });
  assert.equal(svg.match(/<circle/g)?.length, 41);
  assert.match(svg, />now: now</);
  const names = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)">(target=\d+)</g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
  assert.ok(names.length > 5 && names.length < 40, `${names.length} names`);
  for (const [index, [x = 0, y = 0]] of names.entries()) {
    const others = names.slice(index + 1).filter(([, other = 0]) => Math.abs(other - y) < 10);
    assert.deepEqual(
      others.filter(([other = 0]) => Math.abs(other - x) < 40),
      [],
    );
  }
});

test("points without cost and wait, or all of them in one place, are drawn too", () => {
  const point = { name: "a", cost: 0, wait: 0 };
  assert.doesNotMatch(scatterSvg({ points: [point, point], frontier: [point], waitHead: "wait p95" }), /NaN|Infinity/);
  assert.doesNotMatch(scatterSvg({ points: [], frontier: [], waitHead: "wait p95" }), /NaN|Infinity/);
});

test("policies whose series were not kept are in the table and the scatter, and in no chart", () => {
  const terms = rehearsal({ policy: "a" });
  const one = playRuns(terms, 1);
  const bare = one.outcomes.map((outcome) => ({ ...outcome, series: emptySeries(), noted: [] }));
  const other = { ...one, policy: "b", outcomes: bare };
  assert.equal(drawRuns([...one.outcomes, ...bare]).match(/<g /g)?.length, 3);
  const page = reportPage([other, other], terms, ASSETS);
  assert.doesNotMatch(page, /id="charts"/);
  assert.equal(page.match(/<circle/g)?.length, 2);
});
