import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, within } from "../../support/waiting.ts";
import { answering, ok, tubeStats } from "./answering.ts";
import { tubesOf } from "./tube.ts";

const limited = { timeout: 60_000 };
const SOON = 3_000;

test(
  "a reader that stops harms no other on the connection: each reply still finds its question",
  limited,
  async (t) => {
    let held: (() => void)[] = [];
    const { server } = await answering(t, () => undefined);
    server.follow((socket) => {
      socket.on("data", (chunk) => {
        for (const [, tube = ""] of String(chunk).matchAll(/stats-tube tube-(\d+)/g)) {
          held.push(() => socket.write(tubeStats(Number(tube))));
        }
      });
    });
    const tubeOf = tubesOf(t, server.port);
    const left = new AbortController();
    const reads = [1, 2, 3, 4].map((tube) => tubeOf(`tube-${tube}`).read(tube % 2 === 0 ? left.signal : undefined));
    const outcomes = Promise.allSettled(reads);
    await eventually(async () => assert.equal(held.length, 4));
    left.abort();
    await assert.rejects(within(SOON, reads[1] as Promise<unknown>), { kind: "TimedOut" });
    for (const write of held) write();
    held = [];
    const values = (await outcomes).map((outcome) => (outcome.status === "fulfilled" ? outcome.value.value : "left"));
    assert.deepEqual(values, [1, "left", 3, "left"]);
    assert.equal(server.connections(), 1);
  },
);

test("a server that stops in the middle of a reply is unavailable, and the reason says so", limited, async (t) => {
  const { server } = await answering(t, () => undefined);
  server.follow((socket) => void socket.once("data", () => socket.end("OK 1000\r\n---\ncurrent-jobs-ready: 1")));
  await assert.rejects(tubesOf(t, server.port)("orders").read(), {
    kind: "Unavailable",
    message: `beanstalkd at 127.0.0.1:${server.port}: the server closed the connection in the middle of a reply`,
  });
});

test("gives up a server that answers a byte at a time, with all that wait for it", limited, async (t) => {
  const { server } = await answering(t, () => undefined);
  server.follow((socket) => {
    const drip = setInterval(() => socket.write("W"), 100);
    socket.on("close", () => clearInterval(drip));
  });
  const tubeOf = tubesOf(t, server.port);
  const start = performance.now();
  const outcomes = await within(20_000, Promise.allSettled([tubeOf("a").read(), tubeOf("b").read()]));
  for (const outcome of outcomes) assert.equal(outcome.status === "rejected" && outcome.reason.kind, "TimedOut");
  assert.ok(performance.now() - start > 1_000);
});

test("slow but whole answers are taken", limited, async (t) => {
  const { server } = await answering(t, () => undefined);
  server.follow((socket) => {
    socket.once("data", async () => {
      for (const byte of tubeStats(4)) {
        socket.write(byte);
        await sleep(2);
      }
    });
  });
  assert.equal((await tubesOf(t, server.port)("orders").read()).value, 4);
});

for (const [what, kind, answer] of [
  ["an answer to another question", "Malformed", "WATCHING 2\r\n"],
  ["an unknown command", "Malformed", "UNKNOWN_COMMAND\r\n"],
  ["counts below zero", "Malformed", ok("---\ncurrent-jobs-ready: -1\ncurrent-jobs-reserved: 0\ncurrent-waiting: 0\n")],
  ["trouble of its own", "Unavailable", "OUT_OF_MEMORY\r\n"],
  ["that it drains", "Unavailable", "DRAINING\r\n"],
] as const) {
  test(`a server that answers with ${what} loses its connection: ${kind}`, limited, async (t) => {
    const { server } = await answering(t, () => answer);
    const tubeOf = tubesOf(t, server.port);
    const outcomes = await Promise.allSettled([tubeOf("a").read(), tubeOf("b").read(), tubeOf("c").read()]);
    const last = outcomes[2];
    assert.equal(last?.status === "rejected" && last.reason.kind, kind);
    assert.equal(server.connections(), 1);
  });
}

test("a server that answers unasked loses its connection", limited, async (t) => {
  const { server } = await answering(t, () => `${tubeStats(1)}${tubeStats(9)}`);
  const tube = tubesOf(t, server.port)("orders");
  assert.equal((await tube.read()).value, 1);
  await eventually(async () =>
    assert.rejects(tube.read(), { kind: "Malformed", message: /expected no reply, got OK/ }),
  );
});

test("a server that ends every reserve at once is not asked without end", limited, async (t) => {
  const { server, commands } = await answering(t, (command) => {
    if (command.startsWith("reserve")) return "TIMED_OUT\r\n";
    if (command === "list-tube-used") return "USING default\r\n";
    return command.startsWith("watch") || command.startsWith("ignore") ? "WATCHING 1\r\n" : tubeStats(0);
  });
  await assert.rejects(within(SOON, tubesOf(t, server.port)("orders").wait()), { kind: "Malformed" });
  assert.ok(commands.length < 10, commands.join(", "));
});

test("a job that is gone when its tube is asked for wakes no waiter, and the wait goes on", limited, async (t) => {
  const jobs = ["7", "8"];
  const { server } = await answering(t, (command) => {
    if (command.startsWith("reserve")) {
      const id = jobs.shift();
      return id && `RESERVED ${id} 0\r\n\r\n`;
    }
    if (command === "stats-job 7") return "NOT_FOUND\r\n";
    if (command === "stats-job 8") return ok("---\ntube: orders\n");
    if (command === "stats") return ok("---\ncurrent-jobs-ready: 0\n");
    return command === "list-tube-used" ? "USING default\r\n" : "WATCHING 1\r\n";
  });
  await within(SOON, tubesOf(t, server.port)("orders").wait());
  assert.deepEqual(jobs, []);
});
