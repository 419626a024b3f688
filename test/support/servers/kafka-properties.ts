/** A user who may authenticate by SASL, in each mechanism. */
export interface KafkaUser {
  readonly name: string;
  readonly password: string;
}

export interface KafkaPorts {
  readonly controller: number;
  /** No TLS, nobody is asked who he is. */
  readonly plain: number;
  /** As `plain`, for clients that come through a door of the test's own. */
  readonly door: number;
  readonly sasl: number;
  readonly tls: number;
  readonly saslTls: number;
}

interface BrokerOptions {
  readonly folder: string;
  readonly ports: KafkaPorts;
  readonly doorPort: number;
  readonly users: readonly KafkaUser[];
  readonly certificate: { readonly key: string; readonly cert: string };
}

/** The settings of a broker that is alone and keeps nothing, as the text of a properties file. */
export function brokerProperties({ folder, ports, doorPort, users, certificate }: BrokerOptions): string {
  const at = (port: number) => `127.0.0.1:${port}`;
  const listeners = { PLAIN: ports.plain, SASL: ports.sasl, TLS: ports.tls, SASLTLS: ports.saslTls };
  const named = Object.entries(listeners).map(([name, port]) => `${name}://${at(port)}`);
  const properties = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@${at(ports.controller)}`,
    listeners: [...named, `DOOR://${at(ports.door)}`, `CONTROLLER://${at(ports.controller)}`],
    "advertised.listeners": [...named, `DOOR://${at(doorPort)}`],
    "listener.security.protocol.map":
      "PLAIN:PLAINTEXT,DOOR:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,SASLTLS:SASL_SSL",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAIN",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    ...Object.assign({}, ...["door", "sasl", "sasltls"].map((listener) => logins(listener, users))),
    "ssl.keystore.type": "PEM",
    "ssl.keystore.key": oneLine(certificate.key),
    "ssl.keystore.certificate.chain": oneLine(certificate.cert),
    "log.dirs": folder,
    "auto.create.topics.enable": true,
    "num.partitions": 4,
    "group.initial.rebalance.delay.ms": 0,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.num.partitions": 1,
    ...Object.fromEntries(
      ["offsets.topic.replication.factor", "transaction.state.log.replication.factor", "transaction.state.log.min.isr"]
        // The topics of the broker's own features come into being at the first use of them.
        .map((name) => [name, 1]),
    ),
    // For the test of a compacted topic, which would else wait for a quarter of a minute.
    "log.cleaner.backoff.ms": 100,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** Who may log in to a listener by which mechanism; SCRAM's passwords are in the cluster's metadata. */
function logins(listener: string, users: readonly KafkaUser[]): Record<string, string> {
  const modules = "org.apache.kafka.common.security";
  const known = users.map(({ name, password }) => `user_${name}="${password}"`).join(" ");
  const scram = `${modules}.scram.ScramLoginModule required;`;
  return {
    [`listener.name.${listener}.plain.sasl.jaas.config`]: `${modules}.plain.PlainLoginModule required ${known};`,
    [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`]: scram,
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]: scram,
  };
}

/** PEM as a property's value, which ends with its line. */
function oneLine(pem: string): string {
  return pem.trim().replaceAll("\n", "\\n");
}
