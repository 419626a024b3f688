import assert from "node:assert/strict";
import { test } from "node:test";
import { JobBook } from "../../src/kubernetes/jobs/job-book.ts";
import { trimJob } from "../../src/kubernetes/jobs/job-objects.ts";

const METADATA = { name: "video-1", namespace: "shop", uid: "u1", resourceVersion: "1" };

/** Since when one Job works, after each of the states that the API server shows a second apart. */
function workingSince(states: readonly { readonly spec?: object; readonly status?: object }[]) {
  let now = 0;
  const book = new JobBook(() => now);
  return states.map((state) => {
    now += 1_000;
    book.put("video-1", "u1", trimJob({ metadata: METADATA, ...state }));
    return book.seen(0).jobs[0]?.workingSince;
  });
}

test("a Job works from its first ready pod on, also while that one ends", () => {
  const pending = { status: { active: 1, ready: 0 } };
  const ready = { status: { active: 1, ready: 1 } };
  assert.deepEqual(workingSince([{}, pending, ready, ready, { status: { active: 0, ready: 0 } }]), [
    ...[undefined, undefined],
    ...[3_000, 3_000, 3_000],
  ]);
});

test("a Job whose pod failed is pending until another pod is ready", () => {
  const states = [
    { status: { active: 1, ready: 1 } },
    { status: { active: 1, ready: 0, failed: 1 } },
    { status: { active: 1, ready: 1, failed: 1 } },
  ];
  assert.deepEqual(workingSince(states), [1_000, undefined, 3_000]);
});

test("a Job that is suspended again is pending until it is resumed and has a ready pod", () => {
  const states = [
    { spec: { suspend: false }, status: { active: 1, ready: 1 } },
    { spec: { suspend: true }, status: { active: 1, ready: 1 } },
    { spec: { suspend: true }, status: {} },
    { spec: { suspend: false }, status: { active: 1, ready: 0 } },
    { spec: { suspend: false }, status: { active: 1, ready: 1 } },
  ];
  assert.deepEqual(workingSince(states), [1_000, undefined, undefined, undefined, 5_000]);
});
