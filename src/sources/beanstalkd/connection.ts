import type { Socket } from "node:net";
import { type Address, Dials, formatAddress } from "../shared/connection.ts";
import { socketFailure } from "../shared/connection-failure.ts";
import type { Network } from "../shared/network.ts";
import { SourceError } from "../shared/source-error.ts";
import { type Reply, ReplyParser, ReplyQueue } from "./replies.ts";

/** How long a beanstalkd may take to accept, and to answer a command that does not wait. It holds all jobs in memory and answers within a millisecond. */
const ANSWER_LIMIT_MS = 3_000;

/**
 * A connection to one beanstalkd. Commands are sent at once and answered in order, so any number may be under way.
 * The first fault (silence, a wrong answer, an end) closes it, and all commands under way reject with that fault.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #name: string;
  readonly #replies: ReplyQueue;
  readonly #parser = new ReplyParser((reply) => this.#receive(reply));
  #outgoing = "";
  #fault: SourceError | undefined;
  #hasAnswered = false;
  /** Called once, when the connection has ended. */
  onClosed: (fault: SourceError) => void = () => undefined;

  constructor(address: Address, network: Network) {
    this.#name = `beanstalkd at ${formatAddress(address)}`;
    this.#replies = new ReplyQueue((limitMs) =>
      this.close("TimedOut", `expected an answer within ${limitMs / 1000} s, got none`),
    );
    // Small commands must not wait for one another, and keep-alive finds a peer that vanished.
    this.#socket = network.connect({ ...address, noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 });
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", (error) => this.#end(socketFailure(error, this.#name)));
    this.#socket.on("close", () => this.close("Unavailable", this.#endText()));
  }

  /** Whether the server has answered a command on this connection. Accepting the connection proves nothing. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /**
   * The reply to a command. One that does not begin with an expected word closes the connection, since later replies
   * would not fit their commands either. `waitMs` is how long the command itself may wait.
   */
  send(command: string, expected: readonly string[], waitMs = 0): Promise<Reply> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    this.#write(command);
    return new Promise((resolve, reject) =>
      this.#replies.expect({ command, expected, limitMs: ANSWER_LIMIT_MS + waitMs, resolve, reject }),
    );
  }

  /** Sends a command without waiting for its reply. A wrong reply closes the connection all the same. */
  post(command: string, expected: readonly string[]): void {
    if (this.#fault !== undefined) return;
    this.#write(command);
    this.#replies.expect({ command, expected, limitMs: ANSWER_LIMIT_MS });
  }

  /** The server closes the connection when it has answered everything before. Nothing may be sent after it. */
  postQuit(): void {
    if (this.#fault === undefined) this.#write("quit");
  }

  /** What a reply's text says. Text that cannot be read closes the connection, like any other wrong answer. */
  parse<T>(reply: Reply, read: (text: string) => T): T {
    try {
      return read(reply.body);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.close("Malformed", error.message, error);
      throw this.#fault ?? error;
    }
  }

  /** Closes at once; the server takes back what the connection has reserved. The first fault stands. */
  close(kind: "Unavailable" | "TimedOut" | "Malformed", message: string, cause?: unknown): void {
    this.#end(new SourceError(kind, `${this.#name}: ${message}`, { cause }));
  }

  #end(fault: SourceError): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#socket.destroy();
    this.#replies.rejectAll(fault);
    this.onClosed(fault);
  }

  #write(command: string): void {
    if (this.#outgoing === "") queueMicrotask(() => this.#flush());
    this.#outgoing += `${command}\r\n`;
  }

  #flush(): void {
    const text = this.#outgoing;
    this.#outgoing = "";
    if (this.#fault === undefined) this.#socket.write(text, "latin1");
  }

  #read(chunk: Buffer): void {
    try {
      this.#parser.push(chunk);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.close("Malformed", error.message, error);
    }
  }

  #receive(reply: Reply): void {
    if (this.#fault !== undefined) return;
    const problem = this.#replies.answer(reply);
    if (problem === undefined) this.#hasAnswered = true;
    else this.close(problem.kind, problem.message);
  }

  #endText(): string {
    const where = this.#parser.isWithinReply ? " in the middle of a reply" : "";
    return `the server closed the connection${where}`;
  }
}

/** One connection to a server, made when it is first needed, and again after a fault, but not too often. */
export class Link {
  readonly #dial: () => Connection;
  readonly #dials = new Dials();
  #connection: Connection | undefined;
  #isClosed = false;

  constructor(dial: () => Connection) {
    this.#dial = dial;
  }

  /** The connection, which takes commands before it is established. Throws the last fault while it is too early to try again. */
  connection(): Connection {
    if (this.#isClosed) throw new SourceError("Unavailable", "the source is closed");
    if (this.#connection !== undefined) return this.#connection;
    this.#dials.check();
    const connection = this.#dial();
    connection.onClosed = (fault) => this.#drop(connection, fault);
    this.#connection = connection;
    return connection;
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.close("Unavailable", "the source is closed");
  }

  #drop(connection: Connection, fault: SourceError): void {
    this.#connection = undefined;
    // A server that has answered may only restart: try again after the shortest pause.
    if (connection.hasAnswered) this.#dials.succeeded();
    this.#dials.refused(fault);
  }
}
