import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The program as users start it. */
export const BINARY = fileURLToPath(new URL("../../bin/muster.js", import.meta.url));

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real binary to its end, with `input` on its standard input. */
export function runMuster(
  words: readonly string[],
  { input = "", env = {}, cwd }: { input?: string; env?: Record<string, string>; cwd?: string } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BINARY, ...words], {
      env: { ...process.env, ...env },
      timeout: 120_000,
      ...(cwd === undefined ? {} : { cwd }),
    });
    const texts = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      texts.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      texts.stderr += text;
    });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...texts }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
