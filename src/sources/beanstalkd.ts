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
