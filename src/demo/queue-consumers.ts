import { connect, type Socket } from "node:net";

/** A message that was taken; `done` removes it from the queue. */
interface TakenMessage {
  done(): Promise<void>;
}

/** Takes messages from one queue, one at a time. */
export interface QueueConsumer {
  /** Waits for a message, a few seconds at most; undefined if none came or the signal aborted. */
  take(signal: AbortSignal): Promise<TakenMessage | undefined>;
  close(): void;
}

/** How long one request waits for a message. */
const WAIT_SECONDS = 5;
/** A message becomes visible again when its worker needs this many times longer than it should. */
const PATIENCE = 3;
const LEAST_VISIBILITY_SECONDS = 10;

/** Calls SQS over its JSON protocol, unsigned: for emulators on this machine. */
export async function callSqs<Answer>(
  endpoint: string,
  action: string,
  input: object,
  signal: AbortSignal = AbortSignal.timeout(10_000),
): Promise<Answer> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${action}` },
    body: JSON.stringify(input),
    signal,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`expected ${action} to succeed, got ${response.status}: ${text.slice(0, 200)}`);
  return (text === "" ? {} : JSON.parse(text)) as Answer;
}

interface ReceivedMessages {
  readonly Messages?: readonly { readonly ReceiptHandle: string }[];
}

/**
 * Consumes an SQS queue. The default endpoint is the host of the queue's URL. SQS may hand a message to a worker that stops at the same moment and never sees it: the short
 * visibility timeout brings that message back soon.
 */
export function sqsConsumer(
  queueUrl: string,
  secondsPerMessage: number,
  endpoint: string = new URL(queueUrl).origin,
): QueueConsumer {
  const visibilitySeconds = Math.ceil(Math.max(LEAST_VISIBILITY_SECONDS, PATIENCE * secondsPerMessage));
  const queue = { QueueUrl: queueUrl };

  return {
    async take(signal) {
      const wait = { MaxNumberOfMessages: 1, WaitTimeSeconds: WAIT_SECONDS, VisibilityTimeout: visibilitySeconds };
      const bounded = AbortSignal.any([signal, AbortSignal.timeout((WAIT_SECONDS + 10) * 1000)]);
      try {
        const { Messages = [] } = await callSqs<ReceivedMessages>(
          endpoint,
          "ReceiveMessage",
          { ...queue, ...wait },
          bounded,
        );
        const ReceiptHandle = Messages[0]?.ReceiptHandle;
        if (ReceiptHandle === undefined) return undefined;
        return { done: async () => void (await callSqs(endpoint, "DeleteMessage", { ...queue, ReceiptHandle })) };
      } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
      }
    },
    close: () => undefined,
  };
}

const DEFAULT_PORT = 11_300;

/** Consumes a beanstalkd tube: `beanstalk://host:port/tube`. Connects again after a failure. */
export function beanstalkdConsumer(uri: string): QueueConsumer {
  const { hostname, port, pathname } = new URL(uri);
  const tube = decodeURIComponent(pathname.slice(1));
  let open: Conversation | undefined;

  async function conversation(): Promise<Conversation> {
    if (open !== undefined && !open.ended) return open;
    open = new Conversation(connect(port === "" ? DEFAULT_PORT : Number(port), hostname));
    await open.ask(`watch ${tube}\r\n`);
    if (tube !== "default") await open.ask("ignore default\r\n");
    return open;
  }

  return {
    async take(signal) {
      const talk = await conversation();
      const cut = (): void => talk.end();
      signal.addEventListener("abort", cut, { once: true });
      try {
        const answer = await talk.ask(`reserve-with-timeout ${WAIT_SECONDS}\r\n`);
        const id = /^RESERVED (\d+) /.exec(answer)?.[1];
        if (id === undefined) return undefined;
        return { done: async () => void (await (await conversation()).ask(`delete ${id}\r\n`)) };
      } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
      } finally {
        signal.removeEventListener("abort", cut);
      }
    },
    close: () => open?.end(),
  };
}

/** One connection, one command at a time. */
class Conversation {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #waiting: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout((WAIT_SECONDS + 10) * 1000, () => socket.destroy(new Error("beanstalkd did not answer in time")));
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("beanstalkd closed the connection")));
  }

  get ended(): boolean {
    return this.#failure !== undefined;
  }

  /** Sends a command and resolves with the first line of its answer, once the answer's body is in too. */
  ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting = { resolve, reject };
      this.#socket.write(command);
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf("\r\n");
    if (end === -1) return;
    const line = this.#received.subarray(0, end).toString("latin1");
    const bodyBytes = Number(/^(?:RESERVED \d+|OK) (\d+)$/.exec(line)?.[1] ?? -2);
    const needed = end + 2 + bodyBytes + 2;
    if (this.#received.length < needed) return;
    this.#received = this.#received.subarray(needed);
    this.#waiting?.resolve(line);
    this.#waiting = undefined;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}
