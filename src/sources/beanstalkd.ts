import * as z from "zod";
import type { Instant, Reading } from "../core/index.ts";
import { untilAborted } from "../shared/async.ts";
import { type Address, Connection, Link } from "./beanstalkd/connection.ts";
import { lookAtTube, type TubeCounts } from "./beanstalkd/counts.ts";
import { LookWaiting } from "./beanstalkd/poll-waiting.ts";
import { ReserveWaiting } from "./beanstalkd/reserve-waiting.ts";
import { address as addressText, connectionKey } from "./shared/connection.ts";
import type { Network } from "./shared/network.ts";
import { port } from "./shared/settings.ts";
import {
  defineSource,
  type Listening,
  type Shared,
  type Source,
  type SourceTools,
  type WorkListener,
} from "./shared/source.ts";
import { SourceError } from "./shared/source-error.ts";
import { stopped } from "./shared/time-limit.ts";

/** A tube's name by the protocol's rules. */
const tubeName = z
  .string()
  .regex(
    /^[A-Za-z0-9+/;.$_()][A-Za-z0-9+/;.$_()-]{0,199}$/,
    "expected a tube's name: 1 to 200 letters, digits and + / ; . $ _ ( ) - with no hyphen first",
  );

const settings = z.strictObject({
  host: z
    .string()
    .regex(/^[A-Za-z0-9._:%-]+$/, "expected a host name or an IP address")
    .describe("Host name or IP address of the server"),
  port: port(11_300),
  tube: tubeName.describe("Name of the tube whose jobs are counted"),
  wake: z
    .enum(["reserve", "look"])
    .default("reserve")
    .describe(
      "How the first job of an idle tube is noticed. reserve: at once, by reserving it; the server puts it back unchanged " +
        "in the same moment (its reserves counter goes up). " +
        "look: within about 40 ms (longer where thousands of tubes exist), by counters alone; nothing is ever reserved",
    ),
});

export default defineSource({
  type: "beanstalkd",
  about: "Jobs of a beanstalkd tube, ready and reserved, and the workers that wait for one",
  settings,
  // A look is one command on a connection that is open anyway: some 10 microseconds of the server's time and of ours.
  countsFlow: true,
  pace: { movingSeconds: 0.5, steadySeconds: 0.8 },
  notes: [
    "One connection asks for all tubes of a server, and one more for each thousand idle tubes waits on them.",
    "A waiting connection has sent `quit` behind its `reserve`: beanstalkd hands the first job out, closes the connection and puts the job back, without a word from us. A Muster that is frozen, killed or cut off holds no job, and takes no second one. Jobs larger than what the sockets buffer (some 100 kB; beanstalkd takes 64 kB unless told otherwise) are put back when Muster has read them.",
    "beanstalkd 1.12 and 1.13 never take back a job whose time to run ends in the very microsecond in which they look, until the connection that reserved it is closed or used. That concerns workers that hang; Muster does not rely on it.",
  ],
  fromQueueUri,
  connect: ({ host, port, tube, wake }, tools) => {
    const address = { host, port };
    const { value: server, release } = tools.share(
      connectionKey("beanstalkd", host, port),
      () => new Server(address, tools.network),
    );
    return new TubeSource(server, tube, wake, tools, release);
  },
});

/** One tube of a server that many ask about. There may be tens of thousands: it holds nothing but what differs. */
class TubeSource implements Source {
  readonly #server: Server;
  readonly #tube: string;
  readonly #wake: Wake;
  readonly #tools: SourceTools;
  readonly close: () => Promise<void>;

  /** `release` gives the server back. */
  constructor(server: Server, tube: string, wake: Wake, tools: SourceTools, release: () => Promise<void>) {
    this.#server = server;
    this.#tube = tube;
    this.#wake = wake;
    this.#tools = tools;
    this.close = release;
  }

  read(signal: AbortSignal): Promise<Reading> {
    return this.#server.read(this.#tube, this.#tools.now, signal);
  }

  listen(listener: WorkListener): Listening {
    return this.#server.listen(this.#tube, this.#tools.mayTouch ? this.#wake : "look", listener);
  }
}

/** How a tube is waited on: by reserving from it, or by looking alone. */
type Wake = "reserve" | "look";

/** One beanstalkd for all who ask about its tubes: a connection for questions, and one that blocks on each thousand idle tubes. */
class Server implements Shared {
  readonly #name: string;
  readonly #questions: Link;
  readonly #reserveWaiting: ReserveWaiting;
  readonly #lookWaiting: LookWaiting;

  constructor(address: Address, network: Network) {
    this.#name = `beanstalkd at ${addressText(address)}`;
    const dial = () => new Connection(address, network);
    this.#questions = new Link(dial);
    this.#reserveWaiting = new ReserveWaiting(dial, this.#questions);
    this.#lookWaiting = new LookWaiting(this.#questions);
  }

  async read(tube: string, now: () => Instant, signal: AbortSignal): Promise<Reading> {
    const at = now();
    const mayCountUs = this.#reserveWaiting.countsItself(tube);
    const counts = await untilAborted(this.#look(tube), signal, () => stopped(this.#name));
    // The two connections are not in step, so where we may have been counted at either end, we were: too few idle
    // workers only keep workers a little longer.
    const ours = mayCountUs || this.#reserveWaiting.countsItself(tube) ? 1 : 0;
    return {
      at,
      value: counts.ready + counts.reserved,
      waiting: counts.ready,
      inFlight: counts.reserved,
      arrived: counts.put,
      completed: counts.deleted,
      idleWorkers: Math.max(0, counts.waiting - ours),
    };
  }

  /** The listener hears when there may be work in the tube. */
  listen(tube: string, wake: Wake, listener: WorkListener): Listening {
    return (wake === "reserve" ? this.#reserveWaiting : this.#lookWaiting).listen(tube, listener);
  }

  async #look(tube: string): Promise<TubeCounts> {
    return lookAtTube(this.#questions.connection(), tube);
  }

  dispose(): void {
    this.#questions.close();
    this.#reserveWaiting.close(new SourceError("Unavailable", "the source is closed"));
  }
}

/** `beanstalk://host:port/tube`, the host perhaps an IPv6 address in brackets, with settings as a query after it. */
const QUEUE_URI =
  /^beanstalkd?:\/\/(?<host>\[[^\]]*\]|[^:/?#]*)(?::(?<port>[^/?#]*))?(?:\/(?<tube>[^?]*))?(?:\?(?<query>.*))?$/is;

/**
 * A WorkerPodAutoScaler's queueURI as raw settings, or undefined where it is not for beanstalkd. What is wrong in it is
 * kept, so that the settings' own rules tell of it; `?wake=look` is how an object asks never to have its jobs reserved.
 */
function fromQueueUri(uri: string): Record<string, unknown> | undefined {
  if (!/^beanstalkd?:\/\//i.test(uri)) return undefined;
  const { host = "", port, tube = "", query } = QUEUE_URI.exec(uri)?.groups ?? {};
  return {
    ...Object.fromEntries(new URLSearchParams(query ?? "")),
    host: host.replace(/^\[(.*)\]$/, "$1"),
    ...(port === undefined ? {} : { port: /^\d+$/.test(port) ? Number(port) : port }),
    tube,
  };
}
