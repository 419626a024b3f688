import type { JetStreamManager } from "@nats-io/jetstream";
import * as z from "zod";
import type { Reading } from "../core/index.ts";
import { connectNats } from "./nats-jetstream/client.ts";
import { Connection } from "./shared/connection.ts";
import { secret, text } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { address, connectionKey, tcpSettings } from "./shared/tcp-settings.ts";

const settings = z.strictObject({
  ...tcpSettings(4222),
  token: secret("Token, where the server asks for one instead of a user").optional(),
  credentials: secret("Content of a .creds file (JWT and NKey seed)").optional(),
  domain: text("JetStream domain, such as that of a leaf node").optional(),
  stream: text("Name of the stream"),
  consumer: text("Name of the durable consumer"),
});

export default defineSource({
  type: "nats-jetstream",
  about: "Messages of a JetStream stream that a consumer has still to deliver or to see acknowledged",
  settings,
  pace: { movingSeconds: 2, steadySeconds: 10, asleepSeconds: 0.2 },
  example: {
    host: "nats",
    stream: "MAILS",
    consumer: "mailers",
    credentials: { secretRef: { name: "nats", key: "creds" } },
  },
  notes: [
    "A missing stream is a missing value.",
    "Until the consumer exists, all messages of the stream count, so that a workload at zero starts and makes the consumer; the status says so. Without the right to read the stream, a missing consumer is a missing value.",
    "The user needs to publish to `$JS.API.CONSUMER.INFO.<stream>.<consumer>` and `$JS.API.STREAM.INFO.<stream>`, and to subscribe to `_INBOX.>`.",
  ],
  connect(settings, tools) {
    const { stream, consumer, ...server } = settings;
    const shared = tools.share(
      connectionKey("nats-jetstream", server),
      () => new Connection(connectNats(server, tools)),
    );
    const what = `nats at ${address(settings)}`;
    return {
      async read(signal) {
        const at = tools.now();
        const limit = { seconds: settings.timeoutSeconds, signal, what };
        return { at, ...(await shared.value.ask(limit, ({ jetstream }) => count(jetstream, stream, consumer))) };
      },
      close: () => shared.release(),
    };
  },
});

async function count(jetstream: JetStreamManager, stream: string, consumer: string): Promise<Omit<Reading, "at">> {
  try {
    const { num_pending: waiting, num_ack_pending: inFlight } = await jetstream.consumers.info(stream, consumer);
    return { value: waiting + inFlight, waiting, inFlight };
  } catch (error) {
    if ((error as Error).name !== "ConsumerNotFoundError") throw error;
    return beforeConsumer(jetstream, stream, consumer, error);
  }
}

/** A worker often makes its consumer when it starts: until then all messages count, or a workload at zero would never start. */
async function beforeConsumer(
  jetstream: JetStreamManager,
  stream: string,
  consumer: string,
  missing: unknown,
): Promise<Omit<Reading, "at">> {
  try {
    const { messages } = (await jetstream.streams.info(stream)).state;
    if (messages === 0) return { value: 0, waiting: 0 };
    const message = `the stream ${stream} has no consumer ${consumer}: all its messages count until workers make it`;
    return { value: messages, waiting: messages, doubts: [{ kind: "NotFound", message }] };
  } catch (error) {
    const { name, cause } = error as Error;
    throw [name, (cause as Error | undefined)?.name].includes("PermissionViolationError") ? missing : error;
  }
}
