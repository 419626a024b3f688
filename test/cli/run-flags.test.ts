import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, CommanderError } from "commander";
import { environmentNames, type RunFlags, runFlags } from "../../src/cli/run-flags.ts";
import { USUAL_WORDING } from "../../src/controller/notification.ts";

/** Each flag with its default, something else to give it, and what that becomes. */
const FLAGS: readonly (readonly [string, keyof RunFlags, unknown, string, unknown])[] = [
  ["--aws-regions", "awsRegions", "ap-south-1,ap-southeast-1", "eu-west-1", "eu-west-1"],
  ["--kube-config", "kubeConfig", undefined, "/tmp/config", "/tmp/config"],
  ["--resync-period", "resyncPeriod", 20, "30", 30],
  ["--sqs-long-poll-interval", "sqsLongPollInterval", 20, "5", 5],
  ["--sqs-short-poll-interval", "sqsShortPollInterval", 20, "7", 7],
  ["--beanstalk-long-poll-interval", "beanstalkLongPollInterval", 20, "8", 8],
  ["--beanstalk-short-poll-interval", "beanstalkShortPollInterval", 20, "9", 9],
  ["--wpa-threads", "wpaThreads", 10, "3", 3],
  ["--wpa-default-max-disruption", "wpaDefaultMaxDisruption", "100%", "125", "125"],
  ["--scale-down-delay-after-last-scale-activity", "scaleDownDelayAfterLastScaleActivity", 600, "0", 0],
  ["--queue-services", "queueServices", "sqs,beanstalkd", "sqs", "sqs"],
  ["--metrics-port", "metricsPort", ":8787", "127.0.0.1:0", "127.0.0.1:0"],
  ["--status-auth", "statusAuth", "loopback", "token", "token"],
  ["--k8s-api-qps", "k8sApiQps", 5, "0.5", 0.5],
  ["--k8s-api-burst", "k8sApiBurst", 10, "20", 20],
  ["--allow-source-hosts", "allowSourceHosts", undefined, "10.0.0.0/8,*.svc", "10.0.0.0/8,*.svc"],
  ["--deny-source-hosts", "denySourceHosts", undefined, "10.6.0.0/16", "10.6.0.0/16"],
  ["--allow-aws-endpoints", "allowAwsEndpoints", undefined, "localstack", "localstack"],
  ["--namespace", "namespace", undefined, "shop", "shop"],
  ["--phpa-config", "phpaConfig", undefined, "/etc/phpa", "/etc/phpa"],
  ["--keda", "keda", false, "true", true],
  ["--keda-take-over", "kedaTakeOver", false, "true", true],
  ["--keda-namespace", "kedaNamespace", "keda", "scaling", "scaling"],
  ["--protect-busy-workers", "protectBusyWorkers", undefined, "Prefer", "Prefer"],
  ["--dry-run", "dryRun", false, "true", true],
  ["--sqs-wake", "sqsWake", "receive", "look", "look"],
  ["--beanstalk-wake", "beanstalkWake", "reserve", "look", "look"],
  ["--log-format", "logFormat", "json", "text", "text"],
  ["--log-level", "logLevel", "info", "debug", "debug"],
  ["--leader-elect", "leaderElect", true, "false", false],
  ["--lease-name", "leaseName", "muster", "other", "other"],
  ["--lease-namespace", "leaseNamespace", undefined, "shop", "shop"],
  ["--lease-duration", "leaseDuration", undefined, "30", 30],
  ["--lease-renew-deadline", "leaseRenewDeadline", undefined, "20", 20],
  ["--lease-retry-period", "leaseRetryPeriod", undefined, "3", 3],
  ["--identity", "identity", undefined, "me", "me"],
  ["--max-answer-bytes", "maxAnswerBytes", 1024 * 1024, "4096", 4096],
  ["--notify", "notify", undefined, "https://a.example/", "https://a.example/"],
  ["--notify-types", "notifyTypes", undefined, "scaled", "scaled"],
  ["--notify-source", "notifySource", "/muster", "//eu.example.com/muster", "//eu.example.com/muster"],
  ["--notify-slack-template", "notifySlackTemplate", USUAL_WORDING.slackTemplate, "{{name}}", "{{name}}"],
  ["--journal", "journal", undefined, "/tmp/journal", "/tmp/journal"],
  ["--journal-max-bytes", "journalMaxBytes", 16 * 1024 * 1024, "65536", 65_536],
  ["--journal-files", "journalFiles", 5, "2", 2],
];

function parsed(words: readonly string[], environment: Readonly<Record<string, string>> = {}): RunFlags {
  const command = new Command("run").exitOverride().configureOutput({ writeErr: () => undefined });
  const before = { ...process.env };
  Object.assign(process.env, environment);
  try {
    for (const option of runFlags()) command.addOption(option);
    return command.parse([...words], { from: "user" }).opts<RunFlags>();
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

function refusal(words: readonly string[], environment: Readonly<Record<string, string>> = {}): string {
  try {
    parsed(words, environment);
  } catch (error) {
    if (error instanceof CommanderError) return error.message;
    throw error;
  }
  return "taken";
}

test("the table of this test names every flag", () => {
  assert.deepEqual(
    runFlags().map(({ long }) => long),
    FLAGS.map(([flag]) => flag),
  );
});

for (const [flag, field, byDefault, given, value] of FLAGS) {
  const [own, compatible] = environmentNames(flag);
  test(`${flag} has its default, and comes from the command line, ${own} or ${compatible}, in this order`, () => {
    assert.equal(parsed([])[field], byDefault);
    assert.equal(parsed([flag, given])[field], value);
    assert.equal(parsed([`${flag}=${given}`])[field], value);
    assert.equal(parsed([], { [own]: given })[field], value);
    assert.equal(parsed([], { [compatible]: given })[field], value);
    assert.equal(parsed([], { [own]: given, [compatible]: "not read" })[field], value);
    assert.equal(parsed([flag, given], { [own]: "not read", [compatible]: "not read" })[field], value);
  });
}

test("the variables of WorkerPodAutoscaler and PHPA keep their names", () => {
  assert.deepEqual(environmentNames("--wpa-threads"), ["MUSTER_WPA_THREADS", "WORKERPODAUTOSCALER_WPA_THREADS"]);
  assert.deepEqual(environmentNames("--phpa-config"), ["MUSTER_PHPA_CONFIG", "PHPA_CONFIG_PATH"]);
});

test("an error names the variable that it is about", () => {
  assert.match(refusal([], { MUSTER_WPA_THREADS: "many" }), /MUSTER_WPA_THREADS/);
  assert.match(refusal([], { WORKERPODAUTOSCALER_WPA_THREADS: "many" }), /WORKERPODAUTOSCALER_WPA_THREADS/);
});

test("a boolean means what its word says, in the environment too", () => {
  assert.equal(parsed(["--dry-run"]).dryRun, true);
  for (const word of ["false", "0", "no", "False"]) {
    assert.equal(parsed([], { WORKERPODAUTOSCALER_DRY_RUN: word }).dryRun, false, word);
    assert.equal(parsed([], { WORKERPODAUTOSCALER_LEADER_ELECT: word }).leaderElect, false, word);
  }
  for (const word of ["true", "1", "yes", "TRUE"]) {
    assert.equal(parsed([], { WORKERPODAUTOSCALER_DRY_RUN: word }).dryRun, true, word);
  }
  assert.match(refusal([], { WORKERPODAUTOSCALER_DRY_RUN: "maybe" }), /WORKERPODAUTOSCALER_DRY_RUN.*expected true or/);
});

test("rejects impossible values with what was expected and what was given", () => {
  for (const [words, message] of [
    [["--resync-period", "often"], /expected a whole number of seconds from 1 to 86400, got "often"/],
    [["--resync-period", "0"], /got "0"/],
    [["--resync-period", "-3"], /got "-3"/],
    [["--resync-period", "1.5"], /got "1.5"/],
    [["--resync-period", ""], /got ""/],
    [["--sqs-long-poll-interval", "21"], /from 1 to 20, got "21"/],
    [["--wpa-default-max-disruption", "10.5%"], /expected a percentage such as "50%" or a count such as "125"/],
    [["--k8s-api-qps", "NaN"], /expected a number above 0, got "NaN"/],
    [["--beanstalk-wake", "grab"], /Allowed choices are reserve, look/],
    [["--no-such-flag"], /unknown option '--no-such-flag'/],
  ] as const) {
    assert.match(refusal(words), message, words.join(" "));
  }
});
