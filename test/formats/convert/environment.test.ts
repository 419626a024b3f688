import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { readMysqlConnection, readPostgresqlConnection } from "../../../src/formats/convert/connection-strings.ts";
import { convert } from "../../../src/formats/convert/convert.ts";
import { DEFAULTS } from "../../../src/formats/formats.ts";
import { isError } from "../../../src/formats/problems.ts";
import { parseScaledObject } from "../../../src/formats/scaled-object.ts";
import { PLACEHOLDER, type SecretLookup } from "../../../src/formats/source-settings.ts";

const SECRETS: Readonly<Record<string, string>> = {
  "s/password": "open-sesame",
  "s/uri": "amqps://me:open-sesame@far/v",
  "whole/DSN": "app:open-sesame@tcp(db:3307)/shop?parseTime=true",
  "configmaps/settings/HOST": "redis",
  "configmaps/settings/USER": "me",
};
const secrets: SecretLookup = ({ name, key }) => SECRETS[`${name}/${key}`] ?? { reason: "SecretKeyMissing" };
const CONTAINERS = [
  {
    name: "first",
    envFrom: [
      { configMapRef: { name: "settings" }, prefix: "R_" },
      { secretRef: { name: "whole" }, prefix: "DB_" },
    ],
    env: [
      { name: "PORT", value: "6380" },
      { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "s", key: "password" } } },
      { name: "URI", valueFrom: { secretKeyRef: { name: "s", key: "uri" } } },
      { name: "ADDRESS", value: "$(R_HOST):$(PORT)" },
      { name: "PLAIN", value: "written-$$(PORT)" },
      { name: "USER", valueFrom: { configMapKeyRef: { name: "settings", key: "USER" } } },
      { name: "COMPOSED", value: "postgresql://app:$(PASSWORD)@pg/shop?sslmode=require" },
      { name: "EARLY", value: "$(LATE)" },
      { name: "LATE", value: "x" },
    ],
  },
  { name: "second", env: [{ name: "ADDRESS", value: "other:1" }] },
];
const DEPLOYMENT = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "w", namespace: "t" },
  spec: { template: { spec: { containers: CONTAINERS } } },
};

function scaledObject(trigger: object, target: object = {}) {
  return {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name: "w", namespace: "t" },
    spec: { scaleTargetRef: { name: "w", ...target }, triggers: [trigger] },
  };
}

function settingsOf(trigger: object, { target = {}, among = [DEPLOYMENT] as object[] } = {}) {
  const parsed = parseScaledObject(scaledObject(trigger, target), { among, secrets, others: secrets });
  if (!("autoscaler" in parsed)) throw new Error(JSON.stringify(parsed.problems));
  return parsed.autoscaler.signals[0]?.source.settings ?? {};
}

const REDIS = { addressFromEnv: "ADDRESS", listName: "l" };

describe("the workload's environment", () => {
  test("names a server, a user and a password, as KEDA reads them", () => {
    const metadata = { ...REDIS, usernameFromEnv: "USER", passwordFromEnv: "PASSWORD" };
    const { host, port, username, password } = settingsOf({ type: "redis", metadata });
    assert.deepEqual(
      { host, port, username, password },
      {
        ...{ host: "redis", port: 6380, username: "me", password: "open-sesame" },
      },
    );
  });

  test("is that of the container that envSourceContainerName names", () => {
    const { host, port } = settingsOf(
      { type: "redis", metadata: REDIS },
      { target: { envSourceContainerName: "second" } },
    );
    assert.deepEqual([host, port], ["other", 1]);
  });

  test("holds a password in the open, in which $$ is a dollar", () => {
    const { password } = settingsOf({ type: "redis", metadata: { ...REDIS, passwordFromEnv: "PLAIN" } });
    assert.equal(password, "written-$(PORT)");
  });

  test("leaves a reference to a later variable as it is", () => {
    const { password } = settingsOf({ type: "redis", metadata: { ...REDIS, passwordFromEnv: "EARLY" } });
    assert.equal(password, "$(LATE)");
  });

  test("holds connection strings, from a Secret as a whole or put together", () => {
    const mysql = { connectionStringFromEnv: "DB_DSN", query: "q", queryValue: "2" };
    const { host, port, username, password, database } = settingsOf({ type: "mysql", metadata: mysql });
    assert.deepEqual([host, port, username, password, database], ["db", 3307, "app", "open-sesame", "shop"]);
    const postgresql = { connectionFromEnv: "COMPOSED", query: "q", targetQueryValue: "2" };
    const found = settingsOf({ type: "postgresql", metadata: postgresql });
    assert.deepEqual([found.host, found.password, found.tls], ["pg", "open-sesame", true]);
  });

  test("holds an AMQP URI", () => {
    const { host, port, password } = settingsOf({ type: "rabbitmq", metadata: { hostFromEnv: "URI", queueName: "q" } });
    assert.deepEqual([host, port, password], ["far", 5671, "open-sesame"]);
  });

  test("a password that is a part of a text goes to the hosts of its Secret alone", () => {
    const metadata = {
      rabbitmq: { hostFromEnv: "URI", queueName: "q" },
      mysql: { connectionStringFromEnv: "DB_DSN", query: "q", queryValue: "2" },
      postgresql: { connectionFromEnv: "COMPOSED", query: "q", targetQueryValue: "2" },
      redis: { ...REDIS, passwordFromEnv: "PASSWORD" },
    };
    const names = { rabbitmq: "s", mysql: "whole", postgresql: "s", redis: "s" };
    const hosts = { rabbitmq: "far", mysql: "db", postgresql: "pg", redis: "redis" };
    for (const type of Object.keys(metadata) as (keyof typeof metadata)[]) {
      const problems = (allowedHosts: string) => {
        const bound: SecretLookup = (reference) => {
          const found = secrets(reference);
          return typeof found === "string" && !reference.name.includes("/") ? { value: found, allowedHosts } : found;
        };
        const object = scaledObject({ type, metadata: metadata[type] });
        const { problems: found } = parseScaledObject(object, { among: [DEPLOYMENT], secrets: bound, others: bound });
        return found.filter(isError).map(({ message }) => message);
      };
      assert.deepEqual(problems(`elsewhere ${hosts[type]}`), [], type);
      const [problem = ""] = problems("elsewhere");
      const expected = `allowed-hosts of Secret "${names[type]}" has, got ${hosts[type]}`;
      assert.ok(problem.includes(expected), `${type}: ${problem}`);
    }
  });

  test("a Secret that is optional is no reason to wait for it: the variable is not there", () => {
    const variable = (optional?: boolean) => ({
      name: "TOKEN",
      valueFrom: { secretKeyRef: { name: "none", key: "k", ...(optional === undefined ? {} : { optional }) } },
    });
    const none: SecretLookup = ({ name, key }) =>
      name === "none" ? { reason: "SecretMissing" } : secrets({ name, key });
    const parsed = (optional?: boolean) => {
      const containers = [{ name: "first", env: [...(CONTAINERS[0]?.env ?? []), variable(optional)] }];
      const among = [{ ...DEPLOYMENT, spec: { template: { spec: { containers } } } }];
      const metadata = { address: "redis:6379", listName: "l", passwordFromEnv: "TOKEN" };
      return parseScaledObject(scaledObject({ type: "redis", metadata }), { among, secrets: none, others: none });
    };
    assert.match(JSON.stringify(parsed(true).problems), /expected a password for redis, got none/);
    assert.match(JSON.stringify(parsed().problems), /got no such Secret/);
  });

  test("serves a TriggerAuthentication's env, beside its ConfigMaps", () => {
    const authentication = {
      apiVersion: "keda.sh/v1alpha1",
      kind: "TriggerAuthentication",
      metadata: { name: "login", namespace: "t" },
      spec: {
        env: [
          { parameter: "password", name: "PASSWORD" },
          { parameter: "address", name: "ADDRESS", containerName: "second" },
        ],
        configMapTargetRef: [{ parameter: "username", name: "settings", key: "USER" }],
      },
    };
    const trigger = { type: "redis", metadata: { listName: "l" }, authenticationRef: { name: "login" } };
    // That name is for FromEnv alone: without a containerName an entry of `env` is of the first container.
    const target = { envSourceContainerName: "second" };
    const { host, username, password } = settingsOf(trigger, { target, among: [DEPLOYMENT, authentication] });
    assert.deepEqual([host, username, password], ["other", "me", "open-sesame"]);
  });

  test("is asked for where the workload is not known, and the credential is in no text", () => {
    const metadata = { connectionFromEnv: "COMPOSED", query: "q", targetQueryValue: "2" };
    const { problems } = parseScaledObject(scaledObject({ type: "postgresql", metadata }), { among: [], secrets });
    assert.match(JSON.stringify(problems), /connectionFromEnv.*hand in the workload/);
    const wrong = {
      ...DEPLOYMENT,
      spec: {
        template: {
          spec: {
            containers: [
              { name: "c", env: [{ name: "COMPOSED", value: "postgresql://app:open-sesame@pg/shop?hosts=x" }] },
            ],
          },
        },
      },
    };
    const refused = parseScaledObject(scaledObject({ type: "postgresql", metadata }), { among: [wrong], secrets });
    assert.match(JSON.stringify(refused.problems), /parameter hosts/);
    assert.doesNotMatch(JSON.stringify(refused.problems), /open-sesame/);
  });

  test("holds a setting that is not kept here, and the object says so", () => {
    const metadata = { queueURL: "https://sqs.eu-west-1.amazonaws.com/1/q", awsAccessKeyIDFromEnv: "PLAIN" };
    const { problems } = parseScaledObject(scaledObject({ type: "aws-sqs-queue", metadata }), {
      among: [DEPLOYMENT],
      secrets,
    });
    assert.match(JSON.stringify(problems), /awsAccessKeyIDFromEnv was not taken over/);
  });

  test("is not taken from what stands in for Secrets that are not in the input", () => {
    const { problems } = parseScaledObject(scaledObject({ type: "redis", metadata: REDIS }), {
      among: [],
      secrets: () => PLACEHOLDER,
    });
    assert.match(JSON.stringify(problems), /in place of addressFromEnv, or hand in the workload/);
    const metadata = { hostFromEnv: "URI", queueName: "q" };
    const known = parseScaledObject(scaledObject({ type: "rabbitmq", metadata }), {
      among: [DEPLOYMENT],
      secrets: () => PLACEHOLDER,
    });
    assert.match(JSON.stringify(known.problems), /workload's environment keeps host, got nothing.*hand in the Secret/);
  });

  test("makes a reference to the Secret in a conversion, where a variable is of one", () => {
    const metadata = { ...REDIS, passwordFromEnv: "PASSWORD" };
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data: { HOST: "redis" } };
    const { yaml = "" } = convert(scaledObject({ type: "redis", metadata }), {
      defaults: DEFAULTS,
      authentications: [DEPLOYMENT, map],
    });
    assert.deepEqual(parse(yaml).spec.signals[0].source.redis.password, { secretRef: { name: "s", key: "password" } });
    assert.doesNotMatch(yaml, /create w-credentials/);
  });
});

describe("connection strings", () => {
  test("of PostgreSQL are URIs or pairs", () => {
    const parts = { host: "pg", port: "5433", userName: "me", password: "a b'c", dbName: "d", sslmode: "disable" };
    for (const text of [
      "postgresql://me:a%20b'c@pg:5433/d?sslmode=disable",
      String.raw`host=pg port = 5433 user=me password='a b\'c' dbname=d sslmode=disable`,
    ]) {
      assert.deepEqual(readPostgresqlConnection(text), parts);
    }
  });

  test("of MySQL are split as Go's driver does", () => {
    assert.deepEqual(readMysqlConnection("me:a@b/c:d@tcp([::1]:3307)/d?tls=true"), {
      ...{ host: "::1", port: "3307", sslmode: "verify-full", dbName: "d", userName: "me", password: "a@b/c:d" },
    });
    assert.deepEqual(readMysqlConnection("me@tcp(db)/d"), {
      ...{ host: "db", port: "3306", sslmode: "disable", dbName: "d", userName: "me" },
    });
  });

  test("that cannot be kept are refused without their password", () => {
    const texts = ["postgres://a:geheim@h1,h2/d", "host=h password=geheim", "me:geheim@unix(/tmp/x)/d", "geheim", ""];
    for (const text of texts) {
      for (const read of [readPostgresqlConnection, readMysqlConnection]) {
        const found = read(text);
        assert.ok("wrong" in found, text);
        assert.doesNotMatch(found.wrong, /geheim/);
      }
    }
  });
});
