import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Ending } from "../at-end.ts";
import { selfSigned } from "../certificates.ts";
import { lacking, requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { brokerProperties, type KafkaPorts, type KafkaUser } from "./kafka-properties.ts";
import { accepts, runServer, temporaryFolder } from "./server-process.ts";

const HINT = "run scripts/fetch-kafka.sh";
const JARS = process.env.MUSTER_TEST_KAFKA ?? join(homedir(), ".cache/muster/kafka");
const JAVA = requirement("java", "install it with `apt-get install default-jre-headless`");
/** A small heap, and no more compiling than a broker that lives for seconds repays. */
const JVM = [
  "-Xmx256m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
];
const CLUSTER_ID = "bXVzdGVyLXRlc3RzLTAwMA";

/** Apache Kafka, fetched from Maven Central, and a Java to run it. */
export const KAFKA = existsSync(join(JARS, "kafka-clients-4.3.1.jar")) ? JAVA : lacking("kafka", HINT);

export interface KafkaServer {
  readonly ports: KafkaPorts;
  /** The authority that signed the broker's certificate, which is for 127.0.0.1 alone. */
  readonly caCertificate: string;
}

/**
 * A real broker: one node in KRaft mode, with a listener for each way to connect, and access rules that bind all but the
 * anonymous users of `plain` and `door`. `doorPort`: where the listener `door` says that it can be found.
 */
export async function startKafka(test: Ending, users: readonly KafkaUser[], doorPort: number): Promise<KafkaServer> {
  const folder = await temporaryFolder(test);
  const [controller, plain, door, sasl, tls, saslTls] = await Promise.all(Array.from({ length: 6 }, freePort));
  const ports = { controller, plain, door, sasl, tls, saslTls } as KafkaPorts;
  const certificate = selfSigned("IP:127.0.0.1");
  const config = join(folder, "server.properties");
  await writeFile(config, brokerProperties({ folder: join(folder, "data"), ports, doorPort, users, certificate }));
  const java = (main: string, ...args: string[]) => [...JVM, "-cp", join(JARS, "*"), main, ...args];
  const scram = users.flatMap(({ name, password }) =>
    ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((how) => ["--add-scram", `${how}=[name=${name},password=${password}]`]),
  );
  const format = java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", config, ...scram);
  await promisify(execFile)(JAVA.path ?? "", format, { cwd: folder });
  await runServer(test, {
    path: JAVA.path ?? "",
    args: java("kafka.Kafka", config),
    folder,
    ready: () => accepts(plain as number),
    patienceSeconds: 60,
  });
  return { ports, caCertificate: certificate.cert };
}
