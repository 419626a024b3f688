import * as z from "zod";
import { fromQueueUri } from "./beanstalkd/queue-uri.ts";
import { Server } from "./beanstalkd/server.ts";
import { tubeName } from "./beanstalkd/tube-name.ts";
import { TubeSource } from "./beanstalkd/tube-source.ts";
import { port } from "./shared/settings.ts";
import { defineSource } from "./shared/source.ts";
import { connectionKey } from "./shared/tcp-settings.ts";

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
      "How the first job of an idle tube is noticed. reserve: at once, by reserving it and giving it back unchanged " +
        "(its reserves and releases counters go up, and it is away from other consumers for a moment). " +
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
  fromQueueUri,
  connect: ({ host, port, tube, wake }, tools) => {
    const address = { host, port };
    const { value: server, release } = tools.share(connectionKey("beanstalkd", host, port), () => new Server(address));
    return new TubeSource(server, tube, wake, tools, release);
  },
});
