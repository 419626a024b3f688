import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import redis from "../../src/sources/redis.ts";
import { pour } from "../support/pour.ts";
import { scriptedTcp } from "../support/scripted-tcp.ts";
import { testSource } from "./conformance.ts";
import { poll } from "./poll.ts";
import { tcpStage } from "./tcp-stage.ts";

const PASSWORD = "r3dis:p@ss/word";

/** Answers each command (an array of bulk strings) by its name. */
function replies(answer: (command: string[]) => string) {
  return (socket: Socket) => {
    let unread = "";
    socket.on("data", (chunk) => {
      unread += chunk;
      for (;;) {
        const head = /^\*(\d+)\r\n/.exec(unread);
        const parts = unread.slice(head?.[0].length ?? 0).match(/\$\d+\r\n[^\r\n]*\r\n/g) ?? [];
        const count = Number(head?.[1] ?? Number.POSITIVE_INFINITY);
        if (parts.length < count) return;
        const command = parts.slice(0, count);
        unread = unread.slice((head?.[0].length ?? 0) + command.join("").length);
        socket.write(answer(command.map((part) => part.split("\r\n")[1] ?? "")));
      }
    });
  };
}

const server = (onKey: string) => replies(([name = ""]) => (/^(llen|xinfo)$/i.test(name) ? onKey : "+OK\r\n"));

testSource(redis, {
  value: 5,
  secrets: [PASSWORD],
  stage: tcpStage({
    settings: (address) => ({
      ...address,
      structure: "list",
      key: "jobs",
      username: "u",
      password: PASSWORD,
      timeoutSeconds: 1,
    }),
    script(behaviour) {
      if (behaviour === "working") return server(":5\r\n");
      if (behaviour === "unauthorized")
        return replies(() => "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
      if (behaviour === "forbidden")
        return server(`-NOPERM this user ${PASSWORD} has no permissions to run the 'llen' command\r\n`);
      if (behaviour === "failing") return server("-LOADING Redis is loading the dataset in memory\r\n");
      if (behaviour === "giant") return giant;
      return undefined;
    },
  }),
  excused: {
    stale: "Redis answers of now",
    notFound: "an empty list does not exist",
    missing: "an empty list does not exist",
    throttled: "Redis does not throttle",
  },
  wrong: {
    settings: { port: 70_000, structure: "hash", key: "", database: -1, tls: "yes", minScore: "soon", group: "g" },
    names: ["host", "port", "structure", "key", "database", "tls", "minScore", "group"],
  },
});

test("counts all entries on a Redis before version 7, which knows no lag, while the group is missing", async (t) => {
  const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
  const other = `*1\r\n*8\r\n${["name", "other"].map(bulk).join("")}${bulk("consumers")}:1\r\n${bulk("pending")}:0\r\n${bulk("last-delivered-id")}${bulk("0-0")}`;
  const answers: Readonly<Record<string, string>> = { XINFO: other, XLEN: ":8\r\n" };
  const server = await scriptedTcp(replies(([name = ""]) => answers[name.toUpperCase()] ?? "+OK\r\n"));
  t.after(() => server.close());
  const { value, doubts } = await poll(redis, {
    host: server.host,
    port: server.port,
    structure: "stream",
    key: "jobs",
    group: "g",
  });
  assert.deepEqual([value, doubts?.[0]?.kind], [8, "NotFound"]);
});

function giant(socket: Socket): void {
  socket.once("data", () => {
    socket.resume();
    socket.write("$1073741824\r\n");
    pour(socket, "x".repeat(65_536));
  });
}
