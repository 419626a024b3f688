import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A producer and consumer for tests: one command at a time on a connection of its own, sharing no code with the source. */
export class BeanstalkdClient {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #last: Promise<unknown> = Promise.resolve();
  /** Called when there is more to read, or the connection has ended. */
  #moved: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#moved();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#moved());
  }

  static async connect(port: number): Promise<BeanstalkdClient> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new BeanstalkdClient(socket);
  }

  /** The reply's first line, and the body after it where it has one. */
  command(text: string): Promise<string> {
    const reply = this.#last.then(() => this.#exchange(text));
    this.#last = reply.catch(() => undefined);
    return reply;
  }

  /** Puts a job and gives its id. */
  async put(
    tube: string,
    options: { priority?: number; delay?: number; ttr?: number; body?: string } = {},
  ): Promise<string> {
    const { priority = 1024, delay = 0, ttr = 60, body = "x" } = options;
    await this.command(`use ${tube}`);
    const reply = await this.command(`put ${priority} ${delay} ${ttr} ${body.length}\r\n${body}`);
    return expectWord(reply, "INSERTED");
  }

  /** Reserves a job of one tube (waiting `seconds` for it) and gives its id; undefined where none came. */
  async reserve(tube: string, seconds = 0): Promise<string | undefined> {
    await this.command(`watch ${tube}`);
    if (tube !== "default") await this.command("ignore default");
    const reply = await this.command(`reserve-with-timeout ${seconds}`);
    return reply.startsWith("TIMED_OUT") ? undefined : expectWord(reply, "RESERVED");
  }

  /** A field of `stats`, `stats-tube NAME` or `stats-job ID`. */
  async stat(command: string, field: string): Promise<string | undefined> {
    const reply = await this.command(command);
    return new RegExp(`^${field}: "?([^"\n]*)"?$`, "m").exec(reply)?.[1];
  }

  close(): void {
    this.#socket.destroy();
  }

  async #exchange(text: string): Promise<string> {
    this.#socket.write(`${text}\r\n`);
    for (;;) {
      const reply = this.#take();
      if (reply !== undefined) return reply;
      if (this.#socket.destroyed) throw new Error("the connection is closed");
      await new Promise<void>((resolve) => {
        this.#moved = resolve;
      });
    }
  }

  #take(): string | undefined {
    const end = this.#received.indexOf("\r\n");
    if (end < 0) return undefined;
    const line = this.#received.toString("latin1", 0, end);
    const length = /^(?:OK|RESERVED \d+|FOUND \d+) (\d+)$/.exec(line)?.[1];
    const total = length === undefined ? end + 2 : end + 2 + Number(length) + 2;
    if (this.#received.length < total) return undefined;
    const reply = this.#received.toString("latin1", 0, total);
    this.#received = this.#received.subarray(total);
    return reply;
  }
}

function expectWord(reply: string, word: string): string {
  const [first, id] = reply.trim().split(/\s+/);
  if (first !== word || id === undefined) throw new Error(`expected ${word}, got ${JSON.stringify(reply)}`);
  return id;
}
