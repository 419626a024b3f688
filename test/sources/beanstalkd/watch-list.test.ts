import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WatchList } from "../../../src/sources/beanstalkd/watch-list.ts";

/** The server's side of a connection's watch list, by the protocol's rules. */
function watchingServer() {
  const watched = new Set(["default"]);
  let commands = 0;
  const send = async (command: string, expected: readonly string[]) => {
    commands++;
    const [verb, tube = ""] = command.split(" ");
    assert.ok(verb === "watch" || verb === "ignore", command);
    if (verb === "watch") watched.add(tube);
    else if (watched.size > 1) watched.delete(tube);
    else assert.fail(`NOT_IGNORED: ${command}`);
    assert.deepEqual(expected, ["WATCHING"]);
    return { words: ["WATCHING", String(watched.size)], body: "" };
  };
  return { watched, send, commands: () => commands };
}

async function update(list: WatchList): Promise<void> {
  while (list.isFarBehind) await list.sendSome();
  list.sendRest();
}

const tube = fc.constantFrom("default", ...Array.from({ length: 12 }, (_, index) => `tube-${index}`));
const change = fc.record({ tube, wanted: fc.boolean(), thenUpdate: fc.boolean() });

test("whatever changes, the server watches the wanted tubes and no other once it has been told", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(tube), fc.array(change, { maxLength: 40 }), async (first, changes) => {
      const server = watchingServer();
      const wanted = new Set(first);
      const list = new WatchList(server, wanted);
      for (const { tube, wanted: isWanted, thenUpdate } of [
        ...changes,
        { tube: "tube-0", wanted: true, thenUpdate: true },
      ]) {
        if (isWanted) {
          wanted.add(tube);
          list.want(tube);
        } else {
          wanted.delete(tube);
          list.unwant(tube);
        }
        if (!thenUpdate) continue;
        await update(list);
        // One tube must stay watched; where none is wanted, nothing is reserved.
        if (wanted.size > 0) assert.deepEqual([...server.watched].sort(), [...wanted].sort());
        for (const name of server.watched) assert.ok(list.has(name));
      }
    }),
    { numRuns: 300 },
  );
});

test("nothing is said twice, and thousands of tubes are told in parts", async () => {
  const server = watchingServer();
  const tubes = Array.from({ length: 1_000 }, (_, index) => `tube-${index}`);
  const list = new WatchList(server, tubes);
  assert.ok(list.isFarBehind);
  await list.sendSome();
  assert.ok(server.commands() <= 201, `${server.commands()} at once`);
  await update(list);
  assert.equal(server.commands(), 1_001);
  await update(list);
  assert.equal(server.commands(), 1_001);
  for (const tube of tubes) list.unwant(tube);
  for (const tube of tubes) list.want(tube);
  await update(list);
  assert.equal(server.commands(), 1_001);
});
