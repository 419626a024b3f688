import type { TestContext } from "node:test";
import { type ScriptedTcp, scriptedTcp, type TcpScript } from "../../support/scripted-tcp.ts";

/** Everything a scripted beanstalkd has been asked, over all its connections. */
export interface Answering {
  readonly server: ScriptedTcp;
  readonly commands: string[];
}

/** The reply to a command; undefined: none, or one that `later` sends. */
type Answer = (command: string, later: (reply: string) => void) => string | undefined;

/** A scripted beanstalkd (undefined: no answer), for what a real one cannot be made to do. */
export async function answering(t: Pick<TestContext, "after">, answer: Answer): Promise<Answering> {
  const commands: string[] = [];
  const script: TcpScript = (socket) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
      const lines = text.split("\r\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        commands.push(line);
        const reply = answer(line, (text) => socket.write(text, "latin1"));
        if (reply !== undefined) socket.write(reply, "latin1");
      }
    });
  };
  const server = await scriptedTcp(script);
  t.after(() => server.close());
  return { server, commands };
}

/** The reply that carries a text. */
export function ok(text: string): string {
  return `OK ${text.length}\r\n${text}\r\n`;
}

/** What `stats-tube` says of a tube with this many ready jobs. */
export function tubeStats(ready: number): string {
  return ok(
    `---\ncurrent-jobs-ready: ${ready}\ncurrent-jobs-reserved: 0\ncurrent-jobs-delayed: 0\ncurrent-waiting: 0\ntotal-jobs: ${ready}\ncmd-delete: 0\n`,
  );
}
