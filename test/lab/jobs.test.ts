import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "../../src/lab/simulate.ts";
import { LOOKS, rehearsal, workerAutoscaler } from "../support/rehearsals.ts";

const POD = { restartPolicy: "Never", containers: [{ name: "worker", image: "worker:1" }] };

/** One Job for each message, and what the test changes. */
function ofJobs(jobs: object = {}, maxReplicas = 40) {
  const signals = [{ name: "queue", source: { beanstalkd: { host: "q", tube: "video" } } }];
  const jobTemplate = { spec: { template: { spec: POD } } };
  return workerAutoscaler({ scaleTargetRef: undefined, jobTemplate, jobs, signals, maxReplicas });
}

const WORKERS = { ...rehearsal().workers, startUpSeconds: 5, startUpJitter: 0 };
const TERMS = { preset: "step:before=10,after=60,at=10m,for=1h", workers: WORKERS } as const;
const LONG = { meanSeconds: 20, shape: "exponential" } as const;

test("Jobs are rehearsed: about one for each message, of which none is stopped, and all end", () => {
  const outcome = simulate(rehearsal({ ...TERMS, service: LONG, autoscaler: ofJobs() }));
  const { up, down, busyStopped } = outcome.scalings;
  assert.ok(up <= outcome.messages.arrived * 1.05, `${up} rises for ${outcome.messages.arrived} messages`);
  assert.deepEqual([down, busyStopped], [0, 0]);
  assert.equal(outcome.drained, true);
  assert.ok(outcome.replicas.peak <= 40);
  const { starting, total } = outcome.workerHours;
  const wanted = (outcome.messages.served * 5) / 3600;
  assert.ok(Math.abs(starting - wanted) < wanted * 0.1, `${starting} of ${total} h starting, expected about ${wanted}`);
});

test("readings that come late do not multiply Jobs", () => {
  const looks = { ...LOOKS, lagSeconds: 60 };
  const outcome = simulate(rehearsal({ ...TERMS, service: LONG, autoscaler: ofJobs({}, 100), looks }));
  const { starting } = outcome.workerHours;
  const wanted = (outcome.messages.served * 5) / 3600;
  assert.ok(starting < wanted * 1.1, `${starting} h starting, expected about ${wanted}`);
});
