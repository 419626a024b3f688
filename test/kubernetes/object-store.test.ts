import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Entry, ObjectStore } from "../../src/kubernetes/watch/object-store.ts";

interface Happening {
  readonly key: string;
  readonly uid: string;
  readonly version: number;
  readonly gone: boolean;
}

/** Lives of objects of two names, as a server would tell them: in order, with rising versions. */
const histories = fc
  .array(fc.record({ key: fc.constantFrom("ns/a", "ns/b"), gone: fc.boolean() }), { maxLength: 40 })
  .map((steps) => {
    const alive = new Map<string, string>();
    const told: Happening[] = [];
    steps.forEach(({ key, gone }, index) => {
      const uid = alive.get(key) ?? `${key}#${index}`;
      if (gone && !alive.has(key)) return;
      if (gone) alive.delete(key);
      else alive.set(key, uid);
      told.push({ key, uid, version: index + 1, gone });
    });
    return told;
  });

function entry({ uid, version }: { uid: string; version: number }): Entry<number> {
  return { uid, resourceVersion: String(version), value: version };
}

function apply(store: ObjectStore<number>, happening: Happening): void {
  if (happening.gone) store.delete(happening.key, happening.uid);
  else store.put(happening.key, entry(happening));
}

function contents(store: ObjectStore<number>): Record<string, number | undefined> {
  return Object.fromEntries([...store.keys()].sort().map((key) => [key, store.get(key)?.value]));
}

test("duplicated and reordered events lead to the same objects as the true order", () => {
  fc.assert(
    fc.property(histories, fc.infiniteStream(fc.nat()), fc.nat(8), (history, random, distance) => {
      const truth = new ObjectStore<number>(() => undefined);
      for (const happening of history) apply(truth, happening);
      const draw = () => random.next().value as number;
      const shaken = [...history, ...history.filter(() => draw() % 2 === 0)]
        .map((happening) => ({ happening, at: happening.version + (draw() % (distance + 1)) }))
        .sort((one, other) => one.at - other.at);
      const store = new ObjectStore<number>(() => undefined);
      for (const { happening } of shaken) apply(store, happening);
      assert.deepEqual(contents(store), contents(truth));
    }),
  );
});

test("an object's version never goes back, in any order of events", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 2_000 }), fc.boolean())), (versions) => {
      let last = 0;
      const store = new ObjectStore<number>((_key, now) => {
        assert.ok(now !== undefined && now.value > last);
        last = now.value;
      });
      for (const [version, learned] of versions) {
        const next = entry({ uid: "u", version });
        if (learned) store.learn("ns/a", next);
        else store.put("ns/a", next);
      }
    }),
  );
});

test("a list does not undo what a write taught while it was under way", () => {
  const store = new ObjectStore<number>(() => undefined);
  store.put("ns/a", entry({ uid: "u", version: 5 }));
  store.beginSnapshot();
  store.learn("ns/a", entry({ uid: "u", version: 9 }));
  store.learn("ns/new", entry({ uid: "v", version: 10 }));
  store.putInSnapshot("ns/a", entry({ uid: "u", version: 6 }));
  store.endSnapshot();
  assert.deepEqual(contents(store), { "ns/a": 9, "ns/new": 10 });
});

test("after a backup was restored an object counts as the list and later events have it, deleted before or not", () => {
  const store = new ObjectStore<number>(() => undefined);
  store.put("ns/a", entry({ uid: "u", version: 90 }));
  store.put("ns/b", entry({ uid: "v", version: 91 }));
  store.delete("ns/b", "v");
  store.beginSnapshot();
  store.learn("ns/a", entry({ uid: "u", version: 42 }));
  store.putInSnapshot("ns/a", entry({ uid: "u", version: 40 }));
  store.putInSnapshot("ns/b", entry({ uid: "v", version: 41 }));
  store.endSnapshot();
  assert.deepEqual(contents(store), { "ns/a": 42, "ns/b": 41 });
  store.put("ns/b", entry({ uid: "v", version: 43 }));
  assert.deepEqual(contents(store), { "ns/a": 42, "ns/b": 43 });
});

test("a list takes away what it does not name, and says so", () => {
  const changes: string[] = [];
  const store = new ObjectStore<number>((key, now) => changes.push(`${key} ${now?.value}`));
  store.put("ns/a", entry({ uid: "u", version: 5 }));
  store.put("ns/b", entry({ uid: "v", version: 6 }));
  store.beginSnapshot();
  store.putInSnapshot("ns/b", entry({ uid: "v", version: 6 }));
  store.endSnapshot();
  assert.deepEqual(changes, ["ns/a 5", "ns/b 6", "ns/a undefined"]);
});

test("versions of other lengths compare as numbers, and strange ones are never called older", () => {
  const store = new ObjectStore<number>(() => undefined);
  store.put("ns/a", entry({ uid: "u", version: 99 }));
  store.put("ns/a", entry({ uid: "u", version: 100 }));
  assert.equal(store.get("ns/a")?.value, 100);
  store.put("ns/a", { uid: "u", resourceVersion: "opaque", value: 1 });
  assert.equal(store.get("ns/a")?.value, 1);
});
