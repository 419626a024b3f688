import * as z from "zod";
import type { Reading } from "../core/index.ts";
import { connectRabbitmq } from "./rabbitmq/client.ts";
import { readManagement } from "./rabbitmq/management.ts";
import { Connection } from "./shared/connection.ts";
import { HttpClient } from "./shared/http.ts";
import { httpUrl, text } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { address, connectionKey, tcpSettings } from "./shared/tcp-settings.ts";

const settings = z.strictObject({
  ...tcpSettings(5672),
  virtualHost: text("Virtual host of the queue").default("/"),
  queue: text("Name of the queue"),
  managementUrl: httpUrl(
    "Base address of the management API, such as http://rabbitmq:15672. Where set, unacknowledged messages count too and the arrival rate is known; these numbers lag by up to 5 s",
  ).optional(),
});

export default defineSource({
  type: "rabbitmq",
  about:
    "Ready messages of a RabbitMQ queue, live over AMQP; on demand also unacknowledged ones and the arrival rate, from the management API",
  settings,
  countsFlow: "managementUrl",
  pace: { movingSeconds: 2, steadySeconds: 10, asleepSeconds: 0.2 },
  example: {
    host: "rabbitmq",
    queue: "mails",
    managementUrl: "http://rabbitmq:15672",
    username: "muster",
    password: { secretRef: { name: "rabbitmq", key: "password" } },
  },
  notes: [
    "Without `managementUrl` only messages that are ready count, not those that workers hold unacknowledged, so that workers may be ended at their work: set it where work takes long.",
    "KEDA counts the same: over `amqp` ready messages alone; over `http` unacknowledged ones too, unless `excludeUnacknowledged` is set.",
    "With `managementUrl`, a management API that cannot be read fails the look, rather than undercount.",
    "The user needs no permission on the queue for its count, but must be allowed into the virtual host; the management API asks for the tag `monitoring` or `management`.",
  ],
  connect(settings, tools) {
    const { queue, managementUrl, ...server } = settings;
    const shared = tools.share(connectionKey("rabbitmq", server), () => new Connection(connectRabbitmq(server, tools)));
    const http = managementUrl === undefined ? undefined : new HttpClient(settings, tools);
    const what = `rabbitmq at ${address(settings)}`;
    return {
      async read(signal): Promise<Reading> {
        const at = tools.now();
        const limit = { seconds: settings.timeoutSeconds, signal, what };
        const [ready, more] = await Promise.all([
          shared.value.ask(limit, (client) => client.countReady(queue)),
          http && managementUrl ? readManagement(http, { ...settings, managementUrl }, signal) : undefined,
        ]);
        return { at, value: ready + (more?.inFlight ?? 0), waiting: ready, ...more };
      },
      async close() {
        await Promise.all([shared.release(), http?.close()]);
      },
    };
  },
});
