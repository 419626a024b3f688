import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "undici";

const PATIENCE_MS = 5_000;

type Answer = { readonly id?: number; readonly method?: string; readonly params?: unknown; readonly result?: unknown };

/** One page of a headless Chromium, spoken to by its DevTools protocol. */
export class Browser {
  /** Requests of the page, and errors that it did not catch. */
  readonly requests: string[] = [];
  readonly errors: string[] = [];
  readonly #socket: WebSocket;
  readonly #end: () => Promise<void>;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #ids = 0;

  private constructor(socket: WebSocket, end: () => Promise<void>) {
    this.#socket = socket;
    this.#end = end;
    socket.addEventListener("message", ({ data }) => this.#heard(JSON.parse(String(data)) as Answer));
  }

  static async start(program: string): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), "muster-browser-"));
    const flags = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--remote-debugging-port=0",
      `--user-data-dir=${profile}`,
    ];
    const child = spawn(program, [...flags, "--window-size=1200,1400", "about:blank"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const end = async () => {
      const killing = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      clearTimeout(killing);
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    };
    try {
      let address: string | undefined;
      for await (const line of createInterface({ input: child.stderr })) {
        address = /listening on (ws:\S+)/.exec(line)?.[1];
        if (address !== undefined) break;
      }
      if (address === undefined) throw new Error("the browser ended before it listened");
      child.stderr.resume();
      const list = await fetch(`http://${new URL(address).host}/json/list`);
      const pages = (await list.json()) as { type: string; webSocketDebuggerUrl: string }[];
      const page = pages.find(({ type }) => type === "page");
      if (page === undefined) throw new Error("the browser has no page");
      const socket = new WebSocket(page.webSocketDebuggerUrl);
      await new Promise((resolve, reject) => {
        socket.addEventListener("open", resolve);
        socket.addEventListener("error", () => reject(new Error("the browser does not answer")));
      });
      return new Browser(socket, end);
    } catch (error) {
      child.kill();
      await end();
      throw error;
    }
  }

  async open(address: string): Promise<void> {
    await this.#ask("Network.enable");
    await this.#ask("Runtime.enable");
    await this.#ask("Page.enable");
    await this.#ask("Page.navigate", { url: address });
  }

  /** The value of an expression in the page, which is awaited. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = (await this.#ask("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })) as {
      result: { value?: unknown };
    };
    return result.value;
  }

  /** What the page is shown on. */
  async emulate(width: number, height: number, scheme: "light" | "dark"): Promise<void> {
    await this.#ask("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.#ask("Emulation.setEmulatedMedia", { features });
  }

  /** What is seen of the page, as PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = (await this.#ask("Page.captureScreenshot", { format: "png" })) as { data: string };
    return Buffer.from(data, "base64");
  }

  async press(key: "Tab" | "Enter"): Promise<void> {
    const code = { Tab: 9, Enter: 13 }[key];
    const about = { key, code: key, windowsVirtualKeyCode: code, ...(key === "Enter" ? { text: "\r" } : {}) };
    await this.#ask("Input.dispatchKeyEvent", { type: "keyDown", ...about });
    await this.#ask("Input.dispatchKeyEvent", { type: "keyUp", ...about });
  }

  async moveMouse(x: number, y: number): Promise<void> {
    await this.#ask("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
  }

  /** It is asked to end, so that all its processes do. */
  async close(): Promise<void> {
    void this.#ask("Browser.close");
    await this.#end();
    this.#socket.close();
  }

  #ask(method: string, params: unknown = {}): Promise<unknown> {
    this.#ids += 1;
    const id = this.#ids;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  #heard({ id, method, params, result }: Answer): void {
    if (id !== undefined) {
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    }
    if (method === "Network.requestWillBeSent") {
      this.requests.push((params as { request: { url: string } }).request.url);
    }
    if (method === "Runtime.exceptionThrown") this.errors.push(JSON.stringify(params));
  }
}
