import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "../../src/lab/simulate.ts";
import { trafficFromPreset } from "../../src/lab/traffic/traffic-from-preset.ts";
import { rehearsal, workerAutoscaler } from "../support/rehearsals.ts";

function drain(fields: object = {}, spec: object = {}) {
  const source = { beanstalkd: { host: "q", tube: "mail" } };
  return workerAutoscaler({ signals: [{ name: "queue", source, drain: { withinSeconds: 60, ...fields } }], ...spec });
}

for (const preset of ["step:before=10,after=200", "daily:for=12h", "ramp:to=300", "flash-crowd"]) {
  test(`${preset}: it meets its objective with a learned time`, () => {
    const { objective, drained, noted } = simulate(rehearsal({ autoscaler: drain(), preset }));
    assert.ok((objective?.shareOver ?? 1) < 0.001, `${objective?.shareOver} waited longer`);
    assert.ok(drained);
    const last = noted.findLast(({ rule }) => rule === "takeLargest")?.because ?? "";
    assert.match(last, /(1\.[5-9]|2(\.[0-5])?) s a message \(learned from \d+ messages/);
  });
}

for (const preset of ["steady:rate=300,for=2h", "daily:for=12h"]) {
  test(`${preset}: an SQS queue, whose completions come five minutes late, teaches the time too`, () => {
    const source = { sqs: { queueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/mails" } };
    const signals = [{ name: "queue", source, drain: { withinSeconds: 60 } }];
    const { objective, noted } = simulate(rehearsal({ autoscaler: workerAutoscaler({ signals }), preset }));
    assert.ok((objective?.shareOver ?? 1) < 0.01, `${objective?.shareOver} waited longer`);
    const taught = noted.findLast(({ because }) => /s a message \(learned/.test(because))?.because ?? "none learned";
    assert.match(taught, /(1\.[89]|2(\.[0-2])?) s a message \(learned from \d{3,} messages, [3-9]\d\d s ago\)/);
    assert.doesNotMatch(taught, /arriving/);
  });
}

test("of an SQS queue bursts of a minute teach too, although all sleep before their completions are known", () => {
  const source = { sqs: { queueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/mails" } };
  const signals = [{ name: "queue", source, drain: { withinSeconds: 60 } }];
  const preset = "burst:size=200,every=1h,for=6h";
  const { noted } = simulate(rehearsal({ autoscaler: workerAutoscaler({ signals }), preset }));
  const ups = noted.filter(({ from, to }) => from === 0 && to > 0);
  assert.match(ups[0]?.because ?? "", /not known yet/);
  assert.match(
    ups.at(-1)?.because ?? "",
    /(1\.[5-9]|2(\.[0-9])?) s a message \(learned from \d+ messages, \d{4} s ago\)/,
  );
});

for (const preset of ["steady:rate=100,for=3h", "step:before=10,after=200", "daily:for=12h"]) {
  test(`${preset}: a plain list, which tells nothing but what waits, meets it, also where messages take twice as long as stated`, () => {
    const source = { redis: { host: "q", structure: "list", key: "mail" } };
    for (const secondsPerMessage of [2, 1]) {
      const rule = { objective: { share: 0.95, withinSeconds: 60 }, secondsPerMessage };
      const autoscaler = workerAutoscaler({ signals: [{ name: "queue", source, drain: rule }], maxReplicas: 200 });
      const { objective, waitSeconds } = simulate(rehearsal({ autoscaler, preset }));
      assert.ok((objective?.shareOver ?? 1) < 0.01, `${objective?.shareOver} waited longer; p95 ${waitSeconds.p95} s`);
    }
  });
}

test("several at once in a worker, and a time that is stated too short by half, meet it too", () => {
  const autoscaler = drain({ concurrency: 4, secondsPerMessage: 1 });
  const { workers } = rehearsal();
  const { objective, replicas } = simulate(
    rehearsal({ autoscaler, workers: { ...workers, concurrency: 4 }, preset: "step:before=10,after=600" }),
  );
  assert.ok((objective?.shareOver ?? 1) < 0.001, `${objective?.shareOver} waited longer`);
  assert.ok(replicas.peak < 20, `${replicas.peak}`);
});

test("while messages hold all workers up it refuses to grow, says so, and goes on when they are done", () => {
  const traffic = trafficFromPreset("poison-stall:rate=60,poison=60,hold=20m,for=2h");
  const { noted, drained, replicas } = simulate(rehearsal({ autoscaler: drain({}, { maxReplicas: 20 }), traffic }));
  const stalls = noted.filter(({ because }) => /none was finished for \d+ s/.test(because));
  assert.ok(stalls.length > 0, noted.map(({ because }) => because).join("\n"));
  assert.ok(stalls.every(({ from, to }) => to <= from));
  assert.ok(drained && replicas.peak <= 20);
});

test("where pods may be read, the start-up of the rehearsal's workers is learned at the first scale-down", () => {
  const busyWorkers = { protect: "Always", probe: { port: 8080, path: "/busy" } };
  const workers = { ...rehearsal().workers, startUpSeconds: 90 };
  const learns = (spec: object) =>
    simulate(rehearsal({ autoscaler: drain({}, spec), workers, preset: "burst:for=3h" })).noted.filter(({ because }) =>
      /90 s until a replica works \(learned from \d+ pods?/.test(because),
    ).length;
  assert.ok(learns({ busyWorkers }) > 0);
  assert.equal(learns({}), 0);
});

test("the same seed gives the same run, whatever was learned in it", () => {
  const run = () => JSON.stringify(simulate(rehearsal({ autoscaler: drain(), preset: "burst" })));
  assert.equal(run(), run());
});
