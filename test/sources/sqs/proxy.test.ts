import assert from "node:assert/strict";
import { test } from "node:test";
import { connectProxy } from "../../support/connect-proxy.ts";
import { sqsServer, sqsSource } from "../../support/sqs.ts";

const forever = () => new AbortController().signal;

test("SQS is reached through the proxy that the environment names, or past it where no_proxy says so", async (context) => {
  const { server } = await sqsServer(context);
  server.account.create("jobs", {});
  const proxy = await connectProxy();
  context.after(() => proxy.close());
  const environment = { AWS_ENDPOINT_URL: server.url, HTTP_PROXY: proxy.url };
  assert.equal((await sqsSource(context, server, {}, { environment }).read(forever())).value, 0);
  assert.equal(proxy.tunnels.length, 1);
  const past = { ...environment, NO_PROXY: "127.0.0.1" };
  assert.equal((await sqsSource(context, server, {}, { environment: past }).read(forever())).value, 0);
  assert.equal(proxy.tunnels.length, 1);
});

test("over TLS a proxy gets a tunnel, and the error names one that refuses it", async (context) => {
  const proxy = await connectProxy(403);
  context.after(() => proxy.close());
  const environment = { HTTPS_PROXY: proxy.url };
  const source = sqsSource(context, { url: "" }, {}, { environment });
  await assert.rejects(source.read(forever()), { kind: "Unavailable" });
  assert.deepEqual(
    new Set(proxy.tunnels.map(({ to }) => to)),
    new Set(["sqs.ap-south-1.amazonaws.com:443"]),
    "without an endpoint in the environment the region's own is called",
  );
});
