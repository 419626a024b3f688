import type { Command } from "commander";
import { withExamples } from "./shared/help.ts";
import { addClusterOptions } from "./shared/options.ts";
import type { ForwardOptions } from "./shared/port-forward.ts";
import { print, printError } from "./shared/print.ts";

interface UiOptions extends ForwardOptions {
  readonly open: boolean;
}

/** `muster ui`: what the controller shows, in a browser. */
export function addUi(program: Command): void {
  const command = program
    .command("ui")
    .summary("open the controller's page through kubectl port-forward")
    .description(
      "Open what the controller in the cluster shows by HTTP, in a browser, until Ctrl-C: kubectl forwards a port of this\n" +
        "machine to the pod that acts, with your own rights (create on pods/portforward). It prints the address first.",
    )
    .option(
      "--service <namespace/name:port>",
      "the controller's Service; left out: where its Lease is, in namespace muster or kube-system",
    )
    .option("--port <port>", "port on this machine; left out: any that is free")
    .option("--no-open", "print the address and open no browser")
    .action(async (options: UiOptions) => {
      const { forwardToController } = await import("./shared/port-forward.ts");
      const forward = await forwardToController(options);
      const page = await pageOf(forward.url);
      print(`Muster is at ${page} until Ctrl-C\n`);
      if (options.open) await openBrowser(page);
      const stopped = new Promise<"stopped">((resolve) => {
        for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => resolve("stopped"));
      });
      if ((await Promise.race([stopped, forward.ended])) !== "stopped") {
        printError("muster: kubectl port-forward has ended: the pod is gone, or the connection is\n");
        process.exitCode = 1;
      }
      forward.close();
    });
  addClusterOptions(command, "not used: --service has the controller's");
  withExamples(command, {
    "the controller of the present context": "muster ui",
    "without a browser": "muster ui --no-open --port 8787",
  });
}

const PATIENCE_MS = 10_000;

/** A controller without a page for people has its state as JSON. */
async function pageOf(url: string): Promise<string> {
  try {
    const answer = await fetch(`${url}/`, {
      headers: { accept: "text/html" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await answer.body?.cancel();
    if (answer.ok && answer.headers.get("content-type")?.startsWith("text/html")) return `${url}/`;
  } catch (error) {
    printError(`muster: the controller does not answer yet: ${(error as Error).message}\n`);
  }
  return `${url}/status?format=json`;
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: "open", win32: "explorer" };

/** Where there is no browser, the address is printed already. */
async function openBrowser(page: string): Promise<void> {
  const { spawn } = await import("node:child_process");
  const opener = OPENERS[process.platform] ?? "xdg-open";
  spawn(opener, [page], { stdio: "ignore", detached: true })
    .on("error", ({ message }) => printError(`muster: no browser could be opened (${message})\n`))
    .unref();
}
