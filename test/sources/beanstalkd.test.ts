import beanstalkd from "../../src/sources/beanstalkd.ts";
import type { TcpScript } from "../support/scripted-tcp.ts";
import { testSource } from "./conformance.ts";
import { tcpStage } from "./tcp-stage.ts";

const TUBE_STATS = [
  "---",
  "name: orders",
  "current-jobs-urgent: 0",
  "current-jobs-ready: 5",
  "current-jobs-reserved: 2",
  "current-jobs-delayed: 9",
  "current-jobs-buried: 9",
  "total-jobs: 99",
  "current-using: 1",
  "current-watching: 3",
  "current-waiting: 1",
  "cmd-delete: 74",
  "",
].join("\n");

/** Answers each `stats-tube`, and for waiting each `stats`, as one with no ready job. */
const working: TcpScript = (socket) => {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
    const lines = text.split("\r\n");
    text = lines.pop() ?? "";
    for (const line of lines) socket.write(answerTo(line));
  });
};

function answerTo(command: string): string {
  const stats = command === "stats" ? "---\ncurrent-jobs-ready: 0\n" : TUBE_STATS;
  return `OK ${stats.length}\r\n${stats}\r\n`;
}

const answering = (answer: string): TcpScript => {
  return (socket) => socket.on("data", () => socket.write(answer));
};

testSource(beanstalkd, {
  stage: tcpStage({
    settings: ({ host, port }) => ({ host, port, tube: "orders" }),
    script: (behaviour) => {
      if (behaviour === "working") return working;
      if (behaviour === "failing") return answering("INTERNAL_ERROR\r\n");
      if (behaviour === "missing") return answering("OK 17\r\n---\nname: orders\n\r\n");
      return undefined;
    },
  }),
  value: 7,
  kinds: { missing: "Malformed" },
  excused: {
    stale: "a poll is answered with the present counts",
    unauthorized: "the protocol knows no credentials",
    forbidden: "the protocol knows no permissions",
    notFound: "a tube that does not exist is an empty one",
    throttled: "the protocol has no way to say so",
  },
  wrong: {
    settings: { host: "a b", port: 99_999, tube: "-x y", wake: "sometimes" },
    names: ["host", "port", "tube", "wake"],
  },
});
