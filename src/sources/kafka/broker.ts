import type { Socket } from "node:net";
import {
  apiVersionsV0,
  type Connection as Client,
  consumerGroupDescribeV0,
  describeGroupsV5,
  findCoordinatorV1,
  findCoordinatorV4,
  listOffsetsV1,
  listOffsetsV7,
  metadataV2,
  metadataV4,
  metadataV12,
  offsetFetchV2,
  offsetFetchV8,
  Reader,
  type ResponseParser,
  saslAuthenticateV0,
  saslAuthenticateV1,
  saslHandshakeV1,
  Writer,
} from "@platformatic/kafka";
import { socketFailure } from "../shared/connection-failure.ts";
import { SourceError } from "../shared/source-error.ts";
import { authenticate, type Login } from "./login.ts";

export interface Partition {
  readonly topic: string;
  readonly partition: number;
}

/** An offset that a broker has for a partition. */
export interface PartitionOffset extends Partition {
  readonly offset: number;
}

interface Request {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly parse: ResponseParser<unknown>;
  readonly hasTaggedHeader: boolean;
  done(error: Error | null, answer?: unknown): void;
}

interface Versioned {
  readonly api: { readonly key: number; readonly version: number };
}

/** The protocol's times for the two ends of a partition. */
const TIMES = { earliest: -2n, latest: -1n };
const CONSUMER = -1;
/** Up to the end of the log, where the messages of open transactions are too. */
const READ_UNCOMMITTED = 0;
const CONSUMER_GROUP = 0;
/** What brokers themselves accept at most; text of other protocols, taken as a size, announces more. */
const MOST_FRAME_BYTES = 100 << 20;
/** A login that expires is renewed before that, by a new connection. */
const RENEWED_AFTER = 0.8;

/**
 * A connection to one broker. The library encodes, decodes and logs in; the socket is ours, as the library's own connection
 * opens sockets past the network's rules, keeps timers, and crashes on a malformed answer to a login.
 */
export class Broker {
  readonly #socket: Socket;
  readonly #server: string;
  readonly #requests = new Map<number, Request>();
  readonly #versions = new Map<number, { readonly minVersion: number; readonly maxVersion: number }>();
  #sent = 0;
  #chunks: Buffer[] = [];
  #received = 0;
  /** Bytes that must be there before there is something to do. */
  #awaited = 4;
  #fault: Error | undefined;
  #renewAt = Number.POSITIVE_INFINITY;

  constructor(socket: Socket, server: string) {
    this.#socket = socket;
    this.#server = server;
    const closed = `${server} closed the connection; brokers do so where they expect TLS or credentials`;
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("error", (error) => this.#end(socketFailure(error, server)));
    socket.on("close", () => this.#end(new SourceError("Unavailable", closed)));
  }

  get isOpen(): boolean {
    const isDue = performance.now() > this.#renewAt && this.#requests.size === 0;
    return this.#fault === undefined && !isDue;
  }

  close(): void {
    this.#end(new SourceError("Unavailable", `the connection to ${this.#server} was closed`));
  }

  /** Asks what the broker understands, and logs in. Credentials are sent when it has answered, so never without the TLS asked for. */
  async greet(login: Login): Promise<void> {
    const { apiKeys } = await apiVersionsV0.api.async(this.#client, "muster", "");
    for (const api of apiKeys) this.#versions.set(api.apiKey, api);
    if (login.username === undefined) return;
    await saslHandshakeV1.api.async(this.#client, login.mechanism.toUpperCase());
    const { api } = this.#known(saslAuthenticateV1, saslAuthenticateV0);
    const { sessionLifetimeMs } = await new Promise<{ sessionLifetimeMs: bigint }>((resolve, reject) => {
      this.#socket.once("close", () => reject(this.#fault));
      const done = (error: Error | null, answer?: { sessionLifetimeMs: bigint }) =>
        answer === undefined ? reject(error) : resolve(answer);
      authenticate(api, this.#client, login, done);
    });
    if (sessionLifetimeMs > 0) this.#renewAt = performance.now() + Number(sessionLifetimeMs) * RENEWED_AFTER;
  }

  /** All brokers, and the partitions of these topics. Fails if one of the topics does not exist. */
  async metadata(topics: readonly string[]) {
    // Before Kafka 0.11 (version 2), whether topics come into being by this is up to the broker.
    return this.#known(metadataV12, metadataV4, metadataV2).api.async(this.#client, [...topics], false);
  }

  /** The broker that keeps the group's offsets. */
  async coordinator(group: string): Promise<{ readonly host: string; readonly port: number }> {
    const { api } = this.#known(findCoordinatorV4, findCoordinatorV1);
    const [coordinator] = (await api.async(this.#client, CONSUMER_GROUP, [group])).coordinators;
    if (coordinator === undefined) throw new SourceError("Malformed", `${this.#server} names no coordinator`);
    return coordinator;
  }

  /** Who is in the group. Since Kafka 2.4. */
  describeGroup(name: string) {
    return this.#known(describeGroupsV5).api.async(this.#client, [name], false);
  }

  /**
   * Who is in a group of the newer protocol (KIP-848): the question above shows it as dead. Undefined: the broker does not
   * know that protocol, which came with Kafka 4.0.
   */
  async describeConsumerGroup(name: string) {
    if (!this.#versions.has(consumerGroupDescribeV0.api.key)) return undefined;
    return this.#known(consumerGroupDescribeV0).api.async(this.#client, [name], false);
  }

  /** What the group has committed: of these partitions, or of all. */
  async committed(groupId: string, partitions?: readonly Partition[]): Promise<PartitionOffset[]> {
    const topics = partitions ? byTopic(partitions, "partitionIndexes", ({ partition }) => partition) : null;
    const { api } = this.#known(offsetFetchV8, offsetFetchV2);
    const answer = await api.async(this.#client, [{ groupId, topics, memberEpoch: -1 }], false);
    // The older version is about one group alone.
    const found = answer.groups[0] ?? (answer as Partial<(typeof answer.groups)[number]>);
    return offsetsIn(found.topics ?? [], ({ committedOffset }) => committedOffset);
  }

  /** The offset of the first message of each partition, or the one after its last. The broker must lead them. */
  async offsets(end: keyof typeof TIMES, partitions: readonly Partition[]): Promise<PartitionOffset[]> {
    const timestamp = TIMES[end];
    const wanted = byTopic(partitions, "partitions", ({ partition: partitionIndex }) => {
      return { partitionIndex, currentLeaderEpoch: -1, timestamp };
    });
    const { api } = this.#known(listOffsetsV7, listOffsetsV1);
    const answer = await api.async(this.#client, CONSUMER, READ_UNCOMMITTED, wanted);
    return offsetsIn(answer.topics, ({ offset }) => offset);
  }

  /** What the library calls of a connection. */
  send(
    apiKey: number,
    apiVersion: number,
    createPayload: () => Writer,
    parse: ResponseParser<unknown>,
    hasTaggedRequest: boolean,
    hasTaggedHeader: boolean,
    done: Request["done"],
  ): void {
    if (this.#fault) {
      done(this.#fault);
      return;
    }
    const id = this.#sent++ & 0x7fffffff;
    const writer = Writer.create().appendInt16(apiKey).appendInt16(apiVersion).appendInt32(id);
    writer.appendString("muster", false);
    if (hasTaggedRequest) writer.appendTaggedFields();
    writer.appendFrom(createPayload()).prependLength();
    this.#requests.set(id, { apiKey, apiVersion, parse, hasTaggedHeader, done });
    this.#socket.write(writer.buffer);
  }

  get #client(): Client {
    return this as unknown as Client;
  }

  /** The first that the broker understands too. One of each is for brokers to come, one for all since Kafka 0.11. */
  #known<Apis extends readonly Versioned[]>(...apis: Apis): Apis[number] {
    const known = apis.find(({ api: { key, version } }) => {
      const range = this.#versions.get(key);
      return range !== undefined && range.minVersion <= version && version <= range.maxVersion;
    });
    if (known) return known;
    const wanted = apis.map(({ api: { version } }) => version).join(" or ");
    throw new SourceError("Malformed", `${this.#server} lacks version ${wanted} of the API ${apis[0]?.api.key}`);
  }

  #read(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#received < this.#awaited) return;
    let bytes = Buffer.concat(this.#chunks);
    this.#awaited = 4;
    while (bytes.length >= this.#awaited && this.#fault === undefined) {
      const size = bytes.readInt32BE(0);
      this.#awaited = 4 + size;
      if (size < 4 || size > MOST_FRAME_BYTES) this.#misunderstand(`it announces ${size} bytes`);
      else if (bytes.length >= this.#awaited) {
        this.#answer(bytes.subarray(4, this.#awaited));
        bytes = bytes.subarray(this.#awaited);
        this.#awaited = 4;
      }
    }
    // An empty slice would keep the whole buffer in memory.
    this.#chunks = bytes.length > 0 ? [bytes] : [];
    this.#received = bytes.length;
  }

  #answer(frame: Buffer): void {
    const reader = forwards(Reader.from(frame));
    const id = reader.readInt32();
    const request = this.#requests.get(id);
    if (!request) {
      this.#misunderstand("it answers what was not asked");
      return;
    }
    this.#requests.delete(id);
    let answer: unknown;
    try {
      if (request.hasTaggedHeader) reader.readTaggedFields();
      answer = request.parse(id, request.apiKey, request.apiVersion, reader);
    } catch (error) {
      request.done(error as Error);
      return;
    }
    try {
      request.done(null, answer);
    } catch (error) {
      // The library continues a login here, and throws if the broker's challenge is malformed.
      this.#misunderstand((error as Error).message);
    }
  }

  #misunderstand(why: string): void {
    this.#end(new SourceError("Malformed", `${this.#server} does not speak Kafka's protocol: ${why}`));
  }

  #end(fault: Error): void {
    if (this.#fault) return;
    this.#fault = fault;
    this.#socket.destroy();
    for (const { done } of this.#requests.values()) done(fault);
    this.#requests.clear();
  }
}

/** The library trusts lengths: a negative one would make it read the same bytes forever. */
function forwards(reader: Reader): Reader {
  let position = 0;
  return Object.defineProperty(reader, "position", {
    get: () => position,
    set(next: number) {
      if (!(next >= position && next <= reader.length)) throw new RangeError("a length that leads out of the answer");
      position = next;
    },
  });
}

function byTopic<Name extends string, Entry>(
  partitions: readonly Partition[],
  entries: Name,
  entryOf: (partition: Partition) => Entry,
) {
  const topics = Map.groupBy(partitions, ({ topic }) => topic);
  return [...topics].map(
    ([name, all]) => ({ name, [entries]: all.map(entryOf) }) as { name: string } & Record<Name, Entry[]>,
  );
}

/** A negative offset stands for none. */
function offsetsIn<Found extends { readonly partitionIndex: number }>(
  topics: readonly { readonly name: string; readonly partitions: readonly Found[] }[],
  offsetOf: (found: Found) => bigint,
): PartitionOffset[] {
  const all = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map((found) => ({ topic, partition: found.partitionIndex, offset: Number(offsetOf(found)) })),
  );
  return all.filter(({ offset }) => offset >= 0);
}
