import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { scriptedHttp } from "../../support/scripted-http.ts";
import { sqsServer } from "../../support/sqs.ts";

const SOURCE = new URL("../../../src/sources/sqs.ts", import.meta.url).href;
const TOOLS = new URL("../../support/source-tools.ts", import.meta.url).href;
const PROGRAM = `
const { default: sqs } = await import(${JSON.stringify(SOURCE)});
const { sourceTools } = await import(${JSON.stringify(TOOLS)});
const settings = sqs.settings.parse({ queueUrl: "https://sqs.eu-west-1.amazonaws.com/1/jobs" });
const source = sqs.connect(settings, sourceTools({ environment: process.env }));
console.log((await source.read(new AbortController().signal)).value);
await source.close();
`;

/** Reads a queue in a process whose environment is only this; returns the access key that signed and what was printed. */
async function readWith(context: TestContext, environment: Record<string, string>) {
  const keys = new Set<string>();
  const { server } = await sqsServer(context, {
    refuse: ({ accessKeyId }) => {
      keys.add(accessKeyId ?? "none");
      return undefined;
    },
  });
  server.account.create("jobs", {});
  const home = mkdtempSync(join(tmpdir(), "muster-"));
  context.after(() => rmSync(home, { recursive: true }));
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", PROGRAM],
    {
      env: {
        PATH: process.env.PATH,
        MUSTER_TEST_RUN: process.env.MUSTER_TEST_RUN,
        HOME: home,
        AWS_EC2_METADATA_DISABLED: "true",
        AWS_ENDPOINT_URL_SQS: server.url,
        ...environment,
      },
    },
  );
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += chunk));
  await new Promise((resolve) => child.once("close", resolve));
  return { keys: [...keys], printed };
}

function temporaryFile(context: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "muster-"));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "file"), text);
  return join(folder, "file");
}

const SOON = new Date(Date.now() + 3_600_000).toISOString();

test("keys of the environment sign, and nothing but the value is printed", async (context) => {
  const environment = { AWS_ACCESS_KEY_ID: "AKIAENV", AWS_SECRET_ACCESS_KEY: "secret" };
  assert.deepEqual(await readWith(context, environment), { keys: ["AKIAENV"], printed: "0\n" });
});

test("a profile's keys sign", async (context) => {
  const file = temporaryFile(context, "[shop]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = secret\n");
  const environment = { AWS_PROFILE: "shop", AWS_SHARED_CREDENTIALS_FILE: file };
  assert.deepEqual(await readWith(context, environment), { keys: ["AKIAPROFILE"], printed: "0\n" });
});

test("EKS Pod Identity's keys sign", async (context) => {
  const agent = await scriptedHttp(({ headers }) =>
    headers.authorization === "pod-token"
      ? { body: { AccessKeyId: "ASIAPOD", SecretAccessKey: "secret", Token: "session", Expiration: SOON } }
      : { status: 401, body: "who are you?" },
  );
  context.after(() => agent.close());
  const environment = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: temporaryFile(context, "pod-token"),
  };
  assert.deepEqual(await readWith(context, environment), { keys: ["ASIAPOD"], printed: "0\n" });
});

test("a ServiceAccount's role (IRSA) signs", async (context) => {
  const sts = await scriptedHttp(({ body }) => {
    const asked = new URLSearchParams(body);
    if (asked.get("WebIdentityToken") !== "web-token") return { status: 400, body: "no" };
    return {
      headers: { "content-type": "text/xml" },
      body: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>session</SessionToken>
<Expiration>${SOON}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
    };
  });
  context.after(() => sts.close());
  const environment = {
    AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/muster",
    AWS_WEB_IDENTITY_TOKEN_FILE: temporaryFile(context, "web-token"),
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_REGION: "eu-west-1",
  };
  assert.deepEqual(await readWith(context, environment), { keys: ["ASIAROLE"], printed: "0\n" });
});
