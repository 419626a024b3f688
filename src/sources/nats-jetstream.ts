import * as z from "zod";
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
  pace: { movingSeconds: 2, steadySeconds: 10 },
  example: {
    host: "nats",
    stream: "MAILS",
    consumer: "mailers",
    credentials: { secretRef: { name: "nats", key: "creds" } },
  },
  notes: [
    "A missing stream or consumer is a missing value.",
    "The user needs to publish to `$JS.API.CONSUMER.INFO.<stream>.<consumer>` and to subscribe to `_INBOX.>`.",
  ],
  connect(settings, tools) {
    const { stream, consumer, ...server } = settings;
    const shared = tools.share(connectionKey("nats-jetstream", server), () => new Connection(connectNats(server)));
    const what = `nats at ${address(settings)}`;
    return {
      async read(signal) {
        const at = tools.now();
        const limit = { seconds: settings.timeoutSeconds, signal, what };
        const state = await shared.value.ask(limit, ({ jetstream }) => jetstream.consumers.info(stream, consumer));
        const { num_pending: waiting, num_ack_pending: inFlight } = state;
        return { at, value: waiting + inFlight, waiting, inFlight };
      },
      close: () => shared.release(),
    };
  },
});
