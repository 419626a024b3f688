import * as z from "zod";
import type { Instant, Reading } from "../core/index.ts";
import { untilAborted } from "../shared/async.ts";
import { Connection, Link } from "./beanstalkd/connection.ts";
import { readTubeCounts, type TubeCounts } from "./beanstalkd/counts.ts";
import { PollWaiting } from "./beanstalkd/poll-waiting.ts";
import { ReserveWaiting } from "./beanstalkd/reserve-waiting.ts";
import { type Address, connectionKey, formatAddress } from "./shared/connection.ts";
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

/** By the protocol's rules. */
const TUBE_NAME = /^[A-Za-z0-9+/;.$_()][A-Za-z0-9+/;.$_()-]{0,199}$/;

const settings = z.strictObject({
  host: z
    .string()
    .regex(/^[A-Za-z0-9._:%-]+$/, "expected a host name or an IP address")
    .describe("Host name or IP address of the server"),
  port: port(11_300),
  tube: z
    .string()
    .regex(TUBE_NAME, "expected a tube's name: 1 to 200 letters, digits and + / ; . $ _ ( ) - with no hyphen first")
    .describe("Name of the tube whose jobs are counted"),
  includeDelayed: z.boolean().default(false).describe("Whether jobs that are delayed count too"),
  wake: z
    .enum(["reserve", "look"])
    .default("reserve")
    .describe(
      "How Muster notices the first job of an idle tube. reserve: at once, by reserving it; the server puts it back " +
        "unchanged in the same moment (its reserves counter goes up). " +
        "look: within about 40 ms (longer with thousands of tubes), by counters alone; no job is ever reserved",
    ),
});

export default defineSource({
  type: "beanstalkd",
  about: "Jobs of a beanstalkd tube, ready and reserved, and the workers that wait for one",
  settings,
  countsFlow: true,
  // A poll is one command on an open connection: 10 microseconds of the server's time and of ours.
  pace: { movingSeconds: 0.5, steadySeconds: 0.8 },
  notes: [
    "One connection reads all tubes of a server. One more for each thousand idle tubes waits on them.",
    "A waiting connection has sent `quit` behind its `reserve`: beanstalkd hands the first job out, closes the connection and puts the job back, whatever becomes of Muster. A Muster that is frozen, killed or cut off holds no job and takes no second one. The server puts back a job larger than the sockets' buffers (about 100 kB; beanstalkd's default limit is 64 kB) when Muster has read it.",
    "beanstalkd 1.12 and 1.13 never take back a job whose time to run ends in the very microsecond in which they check, until the connection that reserved it is closed or used. That concerns workers that hang; Muster does not rely on it.",
  ],
  fromQueueUri,
  connect: ({ host, port, tube, wake, includeDelayed }, tools) => {
    const make = () => new Server({ host, port }, tools.network);
    const { value: server, release } = tools.share(connectionKey("beanstalkd", host, port), make);
    return new TubeSource(server, { tube, wake, includeDelayed }, tools, release);
  },
});

/** One tube of a shared server. There may be tens of thousands, so it holds only what differs. */
class TubeSource implements Source {
  readonly #server: Server;
  readonly #terms: TubeTerms;
  readonly #tools: SourceTools;
  readonly close: () => Promise<void>;

  constructor(server: Server, terms: TubeTerms, tools: SourceTools, release: () => Promise<void>) {
    this.#server = server;
    this.#terms = terms;
    this.#tools = tools;
    this.close = release;
  }

  read(signal: AbortSignal): Promise<Reading> {
    return this.#server.read(this.#terms, this.#tools.now, signal);
  }

  listen(listener: WorkListener): Listening {
    const { tube, wake } = this.#terms;
    return this.#server.listen(tube, this.#tools.mayTouch ? wake : "look", listener);
  }
}

type Wake = "reserve" | "look";

interface TubeTerms {
  readonly tube: string;
  readonly wake: Wake;
  readonly includeDelayed: boolean;
}

/** One beanstalkd for all its tubes: one connection for reads, and one that blocks for each thousand idle tubes. */
class Server implements Shared {
  readonly #name: string;
  readonly #questions: Link;
  readonly #reserveWaiting: ReserveWaiting;
  readonly #pollWaiting: PollWaiting;

  constructor(address: Address, network: Network) {
    this.#name = `beanstalkd at ${formatAddress(address)}`;
    const dial = () => new Connection(address, network);
    this.#questions = new Link(dial);
    this.#reserveWaiting = new ReserveWaiting(dial, this.#questions);
    this.#pollWaiting = new PollWaiting(this.#questions);
  }

  async read({ tube, includeDelayed }: TubeTerms, now: () => Instant, signal: AbortSignal): Promise<Reading> {
    const at = now();
    const mayCountUs = this.#reserveWaiting.countsItself(tube);
    const counts = await untilAborted(this.#readCounts(tube), signal, () => stopped(this.#name));
    // The two connections are not in step: if we may have been counted before or after the read, we were. Too few idle
    // workers only keep workers a little longer.
    const ours = mayCountUs || this.#reserveWaiting.countsItself(tube) ? 1 : 0;
    return {
      at,
      value: counts.ready + counts.reserved + (includeDelayed ? counts.delayed : 0),
      waiting: counts.ready,
      inFlight: counts.reserved,
      arrived: counts.put,
      completed: counts.deleted,
      idleWorkers: Math.max(0, counts.waiting - ours),
    };
  }

  /** The listener hears when there may be work in the tube. */
  listen(tube: string, wake: Wake, listener: WorkListener): Listening {
    return (wake === "reserve" ? this.#reserveWaiting : this.#pollWaiting).listen(tube, listener);
  }

  /** Goes on for other readers when one of them stops waiting. */
  async #readCounts(tube: string): Promise<TubeCounts> {
    return readTubeCounts(this.#questions.connection(), tube);
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
 * A WorkerPodAutoScaler's queueURI as raw settings, or undefined if it is not beanstalkd's. Wrong parts are kept, so that
 * the settings' own rules report them. With `?wake=look` an object's jobs are never reserved.
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
