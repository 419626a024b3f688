import assert from "node:assert/strict";
import { test } from "node:test";
import type { Autoscaler, Parsed } from "../../src/core/index.ts";
import { readCredential, SecretReaders } from "../../src/feeds/secret-readers.ts";
import type { FeedSink, SecretState } from "../../src/kubernetes/ports.ts";

interface Thing {
  readonly name: string;
  readonly secret?: string;
}

/** Objects that the test feeds by hand, Secrets that it sets by hand, and what reached the sink. */
const present = (password: string) => ({ state: "present", values: { password } }) as const;

function world() {
  const followers = new Map<string, Set<(state: SecretState) => void>>();
  const states = new Map<string, SecretState>();
  const kept: string[] = [];
  const forgotten: string[] = [];
  const readers = new SecretReaders<Thing>({
    namespaceOf: () => "shop",
    referencesOf: ({ secret }) => (secret === undefined ? [] : [{ name: secret }]),
    parse: ({ name, secret }, stateOf): Parsed => {
      const state = secret === undefined ? present("none needed") : stateOf(secret);
      const origin = { kind: "Thing", namespace: "shop", name };
      if (state.state !== "present") return { id: name, origin, problems: [{ path: "secret", message: "missing" }] };
      const found = state.values.password;
      return { autoscaler: { id: name, origin, target: found } as unknown as Autoscaler, memory: {}, problems: [] };
    },
    secrets: {
      follow({ name }, changed) {
        const all = followers.get(name) ?? new Set();
        followers.set(name, all.add(changed));
        changed(states.get(name) ?? { state: "unknown", because: "not read yet" });
        return { stop: () => void all.delete(changed) };
      },
    },
  });
  let sink: FeedSink | undefined;
  const stop = new AbortController();
  const feed = readers.wrap({
    start(to) {
      sink = to;
      return { synced: Promise.resolve() };
    },
  });
  feed.start(
    {
      keep: (parsed) =>
        kept.push(
          "autoscaler" in parsed ? `${parsed.autoscaler.id}: ${parsed.autoscaler.target}` : `${parsed.id}: refused`,
        ),
      forget: (id) => forgotten.push(id),
    },
    stop.signal,
  );
  return {
    kept,
    forgotten,
    stop: () => stop.abort(),
    apply: (thing: Thing) => sink?.keep(readers.parse(thing)),
    remove: (name: string) => sink?.forget(name),
    set(name: string, state: SecretState) {
      states.set(name, state);
      for (const changed of followers.get(name) ?? []) changed(state);
    },
    following: () => [...followers.values()].reduce((sum, all) => sum + all.size, 0),
  };
}

test("passes on an object without references unchanged", () => {
  const { apply, kept, following } = world();
  apply({ name: "plain" });
  assert.deepEqual([kept, following()], [["plain: none needed"], 0]);
});

test("an object waits until its Secret is read, and is parsed again when the Secret is rotated", () => {
  const { apply, set, kept } = world();
  apply({ name: "mail", secret: "login" });
  assert.deepEqual(kept, []);
  set("login", present("one"));
  set("login", present("two"));
  assert.deepEqual(kept, ["mail: one", "mail: two"]);
});

test("rejects an object until its missing Secret is created", () => {
  const { apply, set, kept } = world();
  set("login", { state: "missing" });
  apply({ name: "mail", secret: "login" });
  set("login", present("one"));
  assert.deepEqual(kept, ["mail: refused", "mail: one"]);
});

test("reports a Secret that cannot be read instead of waiting", () => {
  const { apply, set, kept } = world();
  apply({ name: "mail", secret: "login" });
  set("login", { state: "unknown", because: "forbidden" });
  assert.deepEqual(kept, ["mail: refused"]);
});

test("stops following a Secret that no object refers to any more", () => {
  const { apply, remove, set, stop, following } = world();
  set("login", present("one"));
  apply({ name: "mail", secret: "login" });
  apply({ name: "mail", secret: "other" });
  assert.equal(following(), 1);
  remove("mail");
  assert.equal(following(), 0);
  apply({ name: "mail", secret: "login" });
  apply({ name: "mail" });
  assert.equal(following(), 0);
  apply({ name: "mail", secret: "login" });
  stop();
  assert.equal(following(), 0);
});

test("a Secret holds the keys that were put into it, and none that every object has by birth", () => {
  const secret = { state: "present", values: { password: "s3cret" } } as const;
  assert.equal(readCredential(secret, "password"), "s3cret");
  for (const key of ["constructor", "toString", "__proto__"]) {
    assert.deepEqual(readCredential(secret, key), { reason: "SecretKeyMissing" }, key);
  }
});
