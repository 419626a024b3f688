import type { Problem } from "../../core/index.ts";
import { hostPortOf } from "./addresses.ts";
import type { Note } from "./draft.ts";
import {
  CHECKED_CERTIFICATES,
  type Conversion,
  credential,
  lacking,
  perReplica,
  refused,
  type Settings,
  switchedOn,
  withNotes,
} from "./trigger.ts";

const LAG_THRESHOLD = "10";
const MECHANISMS: Readonly<Record<string, string>> = {
  plaintext: "plain",
  scram_sha256: "scram-sha-256",
  scram_sha512: "scram-sha-512",
};

/** KEDA's kafka and apache-kafka. */
export const kafkaTrigger: Conversion = ({ name, settings: s, secret }) => {
  const partitions = partitionsOf(s.partitionLimitation ?? "");
  const wrong = problems(s, partitions);
  if (wrong.length > 0) return { wrong };
  const password = usesSasl(s) ? credential("kafka", "password", secret) : undefined;
  const kafka = {
    brokers: list(s.bootstrapServers ?? s.brokerList),
    group: s.consumerGroup,
    ...(s.topic ? { topics: list(s.topic) } : {}),
    ...(partitions?.length ? { partitions } : {}),
    ...(countsNothingUncommitted(s) ? { uncommitted: "none" } : {}),
    ...(s.limitToPartitionsWithLag === "true" ? { lagPerReplica: Number(s.lagThreshold ?? LAG_THRESHOLD) } : {}),
    ...(usesSasl(s) ? { username: s.username, ...password?.setting, mechanism: MECHANISMS[s.sasl ?? ""] } : {}),
    ...(usesTls(s) ? { tls: true } : {}),
  };
  const draft = perReplica(name, { kafka }, s.lagThreshold ?? LAG_THRESHOLD, { activation: s.activationLagThreshold });
  return withNotes(draft, [...remarks(s), ...(password ? [password.note] : [])]);
};

function problems(s: Settings, partitions: readonly number[] | undefined): readonly Problem[] {
  const found = [
    ...(s.brokerList ? [] : lacking(s, "bootstrapServers")),
    ...lacking(s, "consumerGroup"),
    ...switchedOn(s, {
      ensureEvenDistributionOfPartitions: "leave it out: the number is not rounded to a divisor of the partitions here",
      excludePersistentLag: "leave it out: lag that does not move counts here",
      unsafeSsl: CHECKED_CERTIFICATES,
    }),
  ];
  const field = s.bootstrapServers === undefined ? "brokerList" : "bootstrapServers";
  const address = list(s[field])
    .map((server) => hostPortOf(server))
    .find((server) => typeof server === "string");
  if (typeof address === "string") found.push({ path: `metadata.${field}`, message: address });
  if (partitions === undefined) found.push(refused(s, "partitionLimitation", 'partitions such as "1,3-5"'));
  if (!usesSasl(s)) return found;
  if (!Object.hasOwn(MECHANISMS, s.sasl ?? "")) {
    found.push(refused(s, "sasl", `one of none, ${Object.keys(MECHANISMS).join(", ")}`));
  }
  if (!s.username) found.push(refused(s, "username", "the user name of SASL", "write it here, as it is no secret"));
  return found;
}

function remarks(s: Settings): readonly Note[] {
  const notes: Note[] = [];
  const path = ["source", "kafka"];
  if (s.limitToPartitionsWithLag !== "true" && s.allowIdleConsumers !== "true") {
    const text = "KEDA asked for no more replicas than there are partitions: let maxReplicas be their number at most";
    notes.push({ path: [...path, "group"], text });
  }
  if (s.offsetResetPolicy !== "earliest" && !countsNothingUncommitted(s)) {
    const text =
      "a partition without a committed offset counts with all of its messages; under KEDA it counted as one message";
    notes.push({ path: [...path, "group"], text });
  }
  return notes;
}

const countsNothingUncommitted = (s: Settings): boolean => s.scaleToZeroOnInvalidOffset === "true";

const usesSasl = (s: Settings): boolean => (s.sasl ?? "none") !== "none";

const usesTls = (s: Settings): boolean => s.tls === "enable" || s.tls === "true";

const list = (text = ""): readonly string[] =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);

/** The most partitions that one range may name, so that a slip of the pen makes no giant list. */
const MOST_PARTITIONS = 10_000;

/** "1,3-5" as 1, 3, 4, 5; undefined where it is no such list. */
function partitionsOf(text: string): readonly number[] | undefined {
  const found: number[] = [];
  for (const range of list(text)) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    const count = Number(last) - Number(first) + 1;
    if (first === undefined || !(count >= 1 && count <= MOST_PARTITIONS)) return undefined;
    for (let at = 0; at < count; at++) found.push(Number(first) + at);
  }
  return [...new Set(found)];
}
