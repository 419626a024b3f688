import * as z from "zod";
import { defineSource, type SourceType } from "../../src/sources/shared/source.ts";

const connect = () => ({ read: () => Promise.resolve({ at: 0, value: 0 }) });

/** A queue with settings that WorkerPodAutoScaler sets by itself. */
export const cloudQueue: SourceType = defineSource({
  type: "cloud",
  about: "cloud://host/queue",
  settings: z.object({
    host: z.string().regex(/^[a-z.]+$/, "expected a host's name"),
    queue: z.string(),
    rate: z.boolean().default(false),
    idleness: z.boolean().default(false),
  }),
  pace: { movingSeconds: 1, steadySeconds: 20 },
  fromQueueUri: (uri) => {
    const match = /^cloud:\/\/([^/]*)\/(.+)$/.exec(uri);
    return match ? { host: match[1], queue: match[2] } : undefined;
  },
  connect,
});

/** A queue without them. */
export const tubeQueue: SourceType = defineSource({
  type: "tube",
  about: "tube://name",
  settings: z.object({ tube: z.string().min(1) }),
  pace: { movingSeconds: 1, steadySeconds: 20 },
  fromQueueUri: (uri) => (uri.startsWith("tube://") ? { tube: uri.slice("tube://".length) } : undefined),
  connect,
});
