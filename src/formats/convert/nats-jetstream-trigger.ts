import { type HostPort, hostPortOf, urlOf } from "./addresses.ts";
import { type Conversion, credential, lacking, perReplica, withNotes } from "./trigger.ts";

const LAG_THRESHOLD = "10";
/** The account of a server that has none configured. */
const DEFAULT_ACCOUNT = "$G";

/** KEDA's nats-jetstream. */
export const natsJetstreamTrigger: Conversion = ({ name, settings: s, secret }) => {
  const missing = lacking(s, "natsServerMonitoringEndpoint", "stream", "consumer");
  if (missing.length > 0) return { wrong: missing };
  const server = serverOf(s.natsServerMonitoringEndpoint ?? "");
  if (typeof server === "string")
    return { wrong: [{ path: "metadata.natsServerMonitoringEndpoint", message: server }] };
  const account = s.account ?? s.accountID ?? DEFAULT_ACCOUNT;
  const login = account === DEFAULT_ACCOUNT ? undefined : credential("nats-jetstream", "credentials", secret);
  const settings = { host: server.host, port: 4222, stream: s.stream, consumer: s.consumer, ...login?.setting };
  const source = { "nats-jetstream": settings };
  const load = { activation: s.activationLagThreshold };
  return withNotes(perReplica(name, source, s.lagThreshold ?? LAG_THRESHOLD, load), [
    {
      path: ["source", "nats-jetstream", "port"],
      text: "KEDA asked the monitoring port, where nobody logs in; this is the clients' usual port: check it, and tls",
    },
    ...(login === undefined
      ? []
      : [
          {
            path: ["source", "nats-jetstream", "credentials"],
            text: `they must be of the account ${JSON.stringify(account)}`,
          },
          login.note,
        ]),
  ]);
};

/** "host:port", which some write as a URL. */
function serverOf(endpoint: string): HostPort | string {
  if (!endpoint.includes("://")) return hostPortOf(endpoint, 8222);
  const url = urlOf(endpoint, ["http", "https"]);
  return typeof url === "string" ? url : hostPortOf(url.host, 8222);
}
