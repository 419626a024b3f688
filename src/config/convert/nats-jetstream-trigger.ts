import { backlog, type Conversion, credential, lacking, refused, withNotes } from "./trigger.ts";

const LAG_THRESHOLD = "10";
/** The account of a server that has none configured. */
const DEFAULT_ACCOUNT = "$G";

/** KEDA's nats-jetstream. */
export const natsJetstreamTrigger: Conversion = ({ name, settings: s, secret }) => {
  const host = hostOf(s.natsServerMonitoringEndpoint);
  const missing = lacking(s, "natsServerMonitoringEndpoint", "stream", "consumer");
  if (missing.length > 0) return { wrong: missing };
  if (!host) return { wrong: [refused(s, "natsServerMonitoringEndpoint", "a host and port such as nats:8222")] };
  const account = s.account ?? s.accountID ?? DEFAULT_ACCOUNT;
  const login = account === DEFAULT_ACCOUNT ? undefined : credential("nats-jetstream", "credentials", secret);
  const settings = { host, port: 4222, stream: s.stream, consumer: s.consumer, ...login?.setting };
  const load = { each: s.lagThreshold ?? LAG_THRESHOLD, activation: s.activationLagThreshold };
  return withNotes(backlog(name, { "nats-jetstream": settings }, load), [
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

/** The host of "host:port", which some write as a URL. */
function hostOf(endpoint = ""): string | undefined {
  const url = endpoint.includes("://") ? endpoint : `http://${endpoint}`;
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
