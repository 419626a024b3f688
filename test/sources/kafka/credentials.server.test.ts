import assert from "node:assert/strict";
import { before, test } from "node:test";
import kafka from "../../../src/sources/kafka.ts";
import { fileEnding } from "../../support/at-end.ts";
import { selfSigned } from "../../support/certificates.ts";
import { KAFKA } from "../../support/servers/kafka.ts";
import { failedPoll, poll } from "../poll.ts";
import { type KafkaStage, SCALER, STRANGER, setKafkaStage } from "./kafka-stage.ts";

const ending = fileEnding();
let stage: KafkaStage;

before(async () => {
  if (!KAFKA.skip) stage = await setKafkaStage(ending);
});

const jobs = { group: "workers", topics: ["jobs"], uncommitted: "none", timeoutSeconds: 5 };
const scaler = { username: SCALER.name, password: SCALER.password, mechanism: "scram-sha-512" };

test("a real Kafka that asks for credentials, TLS or both", { skip: KAFKA.skip, timeout: 500_000 }, async (t) => {
  const given = (listener: keyof KafkaStage["ports"], more: Record<string, unknown>) => ({
    brokers: [`127.0.0.1:${stage.ports[listener]}`],
    ...jobs,
    ...more,
  });
  for (const mechanism of ["plain", "scram-sha-256", "scram-sha-512"]) {
    await t.test(`takes the right password by ${mechanism} and refuses a wrong one`, async () => {
      const user = { ...scaler, mechanism };
      assert.equal((await poll(kafka, given("sasl", user))).value, 4);
      for (const wrong of [{ password: "n0t the right one" }, { username: "n0body" }]) {
        const failure = await failedPoll(kafka, given("sasl", { ...user, ...wrong }));
        assert.equal(failure.kind, "Unauthorized", failure.message);
        for (const password of ["n0t the right one", SCALER.password]) {
          assert.ok(!failure.message.includes(password), failure.message);
        }
      }
    });
  }

  await t.test("the right to describe topic and group is enough, and is needed", async () => {
    const user = { ...scaler, mechanism: "plain" };
    assert.equal((await poll(kafka, given("sasl", user))).value, 4);
    const noTopic = await failedPoll(kafka, given("sasl", { ...user, topics: ["mails"] }));
    assert.equal(noTopic.kind, "Unauthorized", noTopic.message);
    const stranger = { username: STRANGER.name, password: STRANGER.password };
    const nothing = await failedPoll(kafka, given("sasl", stranger));
    assert.equal(nothing.kind, "Unauthorized", nothing.message);
  });

  await t.test("without credentials where they are asked for, the failure names them as a cause", async () => {
    const failure = await failedPoll(kafka, given("sasl", {}));
    assert.equal(failure.kind, "Unavailable", failure.message);
    assert.match(failure.message, /closed the connection; brokers do so where they expect TLS or credentials/);
  });

  await t.test("TLS is trusted by the caCertificate of its authority alone", async () => {
    assert.equal((await poll(kafka, given("tls", { tls: true, caCertificate: stage.caCertificate }))).value, 4);
    for (const more of [{}, { caCertificate: selfSigned().cert }]) {
      const failure = await failedPoll(kafka, given("tls", { tls: true, ...more }));
      assert.equal(failure.kind, "Unavailable");
      assert.match(failure.message, /certificate that is not trusted .*caCertificate/);
    }
  });

  await t.test("a broker whose certificate is for another name is refused", async () => {
    const brokers = [`localhost:${stage.ports.tls}`];
    const trust = { tls: true, caCertificate: stage.caCertificate };
    const failure = await failedPoll(kafka, given("tls", { ...trust, brokers }));
    assert.equal(failure.kind, "Unavailable");
    assert.match(failure.message, /certificate for another name/);
  });

  await t.test("TLS to a listener without it, and none to one with it, fail with a reason", async () => {
    const noTls = await failedPoll(kafka, given("plain", { tls: true }));
    assert.match(noTls.message, /TLS/);
    const wanted = await failedPoll(kafka, given("tls", {}));
    assert.ok(["Unavailable", "Malformed"].includes(wanted.kind), wanted.message);
  });

  await t.test("SASL works over TLS", async () => {
    const tls = { tls: true, caCertificate: stage.caCertificate };
    assert.equal((await poll(kafka, given("saslTls", { ...scaler, ...tls }))).value, 4);
    const failure = await failedPoll(kafka, given("saslTls", { ...scaler, ...tls, password: "wrong" }));
    assert.equal(failure.kind, "Unauthorized");
  });
});
