import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import type { SqsErrorCode } from "kube-sandbox";
import { SourceError } from "../../../src/sources/shared/source-error.ts";
import { scriptedHttp } from "../../support/scripted-http.ts";
import { sqsServer, sqsSource, useTestCredentials } from "../../support/sqs.ts";

const forever = () => new AbortController().signal;

async function failureOf(poll: Promise<unknown>): Promise<SourceError> {
  const error = await poll.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof SourceError, inspect(error));
  return error;
}

const REFUSALS: readonly (readonly [SqsErrorCode, string, RegExp])[] = [
  [
    "AccessDenied",
    "Unauthorized",
    /sqs:GetQueueAttributes on queue jobs of account 82910 .*allow sqs:GetQueueAttributes in its IAM policy$/,
  ],
  ["UnrecognizedClient", "Unauthorized", /does not accept the credentials .*the keys in AWS_ACCESS_KEY_ID$/],
  ["ExpiredToken", "Unauthorized", /ExpiredToken/],
  ["RequestThrottled", "Throttled", /RequestThrottled/],
  ["Throttling", "Throttled", /Throttling/],
  ["ServiceUnavailable", "Unavailable", /ServiceUnavailable/],
  ["InternalFailure", "Unavailable", /InternalFailure/],
  ["QueueDoesNotExist", "NotFound", /queue jobs of account 82910 in ap-south-1 .* does not exist/],
];

for (const [code, kind, message] of REFUSALS) {
  test(`${code} becomes ${kind}`, async (context) => {
    const { server } = await sqsServer(context, { refuse: () => code });
    server.account.create("jobs", {});
    const error = await failureOf(sqsSource(context, server).read(forever()));
    assert.equal(error.kind, kind);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /AKIATEST|test-secret/);
  });
}

test("without any credentials the error names the ways that were tried", async (context) => {
  const { server } = await sqsServer(context);
  server.account.create("jobs", {});
  useTestCredentials();
  const home = mkdtempSync(join(tmpdir(), "muster-"));
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, HOME, ...rest } = process.env;
  context.after(() => {
    process.env = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, HOME, ...rest };
    rmSync(home, { recursive: true });
  });
  const source = sqsSource(context, server);
  delete process.env.AWS_ACCESS_KEY_ID;
  delete process.env.AWS_SECRET_ACCESS_KEY;
  process.env.HOME = home;
  const error = await failureOf(source.read(forever()));
  assert.equal(error.kind, "Unauthorized");
  assert.match(
    error.message,
    /^no AWS credentials were found .* nothing in the environment gives credentials, so shared configuration files and/,
  );
});

test("signature errors, which quote the session token, are not repeated", async (context) => {
  const stage = await scriptedHttp(() => ({
    status: 403,
    body: { __type: "x#SignatureDoesNotMatch", message: "The Canonical String was x-amz-security-token:hush-hush" },
  }));
  context.after(() => stage.close());
  const error = await failureOf(sqsSource(context, stage).read(forever()));
  assert.equal(error.kind, "Unauthorized");
  assert.doesNotMatch(inspect(error, { showHidden: true, depth: 9 }), /hush/);
});

test("counts that are no counts are Malformed", async (context) => {
  for (const wrong of ["-1", "many", "", "1.5", null]) {
    const Attributes = { ApproximateNumberOfMessages: wrong, ApproximateNumberOfMessagesNotVisible: "0" };
    const stage = await scriptedHttp(() => ({ body: { Attributes } }));
    context.after(() => stage.close());
    assert.equal((await failureOf(sqsSource(context, stage).read(forever()))).kind, "Malformed", `${wrong}`);
  }
});

test("names the variable of an endpoint that is not a URL", () => {
  assert.throws(
    () => sqsSource({ after: () => undefined } as never, { url: "localhost:4566" }),
    /expected AWS_ENDPOINT_URL to be a URL/,
  );
});

test("names a key that may not be used", async (context) => {
  const stage = await scriptedHttp(() => ({
    status: 400,
    body: { __type: "com.amazonaws.sqs#KmsAccessDenied", message: "The caller does not have access." },
  }));
  context.after(() => stage.close());
  const error = await failureOf(sqsSource(context, stage).read(forever()));
  assert.equal(error.kind, "Unauthorized");
  assert.match(
    error.message,
    /needs its KMS key \(KmsAccessDenied\): The caller does not have access: allow kms:Decrypt/,
  );
});
