import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KubeObject } from "../src/objects.ts";
import { type Change, Store } from "../src/store.ts";
import { openSandbox } from "./support/sandbox.ts";

const object = (name: string, data = 0): KubeObject => ({
  apiVersion: "",
  kind: "",
  metadata: { name, namespace: "n", uid: name, resourceVersion: "", creationTimestamp: "" },
  data,
});

const write = fc.record({ name: fc.constantFrom("a", "b", "c"), removes: fc.boolean(), data: fc.nat(9) });

function perform(store: Store, { name, removes, data }: { name: string; removes: boolean; data: number }): void {
  if (removes) store.remove("things", "n", name);
  else store.put("things", object(name, data));
}

test("lists objects at any remembered revision", () => {
  fc.assert(
    fc.property(fc.array(write), fc.array(write), (before, after) => {
      const store = new Store(100);
      for (const one of before) perform(store, one);
      const [revision, then] = [store.revision, store.list("things")];
      for (const one of after) perform(store, one);
      assert.deepEqual(store.listAt(revision, "things"), then);
    }),
  );
});

test("a list and the changes after it give the current objects", () => {
  fc.assert(
    fc.property(fc.array(write), fc.array(write), (before, after) => {
      const store = new Store(100);
      for (const one of before) perform(store, one);
      const [revision, copy] = [store.revision, new Map(store.list("things").map((one) => [one.metadata.name, one]))];
      for (const one of after) perform(store, one);
      for (const change of store.history.since(revision) ?? []) {
        if (change.type === "DELETED") copy.delete(change.object.metadata.name);
        else copy.set(change.object.metadata.name, change.object);
      }
      assert.deepEqual(new Set(copy.values()), new Set(store.list("things")));
    }),
  );
});

test("history is bounded, and reports what it has forgotten", () => {
  const store = new Store(10);
  for (let index = 0; index < 1_000; index += 1) store.put("things", object("a", index));
  assert.equal(store.history.since(1), undefined);
  const known = store.history.since(store.history.compactedRevision) ?? [];
  assert.ok(known.length >= 10 && known.length <= 20, String(known.length));
});

test("all listeners see all changes in the same order, also those that a listener writes", () => {
  const store = new Store(10);
  const heard: string[] = [];
  store.subscribe(({ object: { metadata } }: Change) => {
    if (metadata.name === "a") store.put("things", object("b"));
  });
  store.subscribe((change) => heard.push(change.object.metadata.name));
  store.put("things", object("a"));
  assert.deepEqual(heard, ["a", "b"]);
});

test("ten thousand created and deleted objects leave nothing behind", async (context) => {
  const { sandbox } = await openSandbox(context, { historyLimit: 100, eventLimit: 100, pods: false });
  const round = (index: number): void => {
    const name = `c${index}`;
    sandbox.apply(`{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}}`);
    sandbox.store.remove("configmaps", "default", name);
  };
  for (let index = 0; index < 10_000; index += 1) round(index);
  assert.equal(sandbox.store.count("configmaps"), 0);
  const { revision, history } = sandbox.store;
  assert.ok(revision - history.compactedRevision <= 200);
});
