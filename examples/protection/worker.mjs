// A worker that is not stopped at work. Put your queue in place of standard input, where a line is a message:
// a name, and how many seconds its work takes.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const muster = process.env.MUSTER_URL ?? "http://muster.muster:8787";
const tokenFile = process.env.MUSTER_TOKEN_FILE ?? "/var/run/secrets/muster/token";
const protectSeconds = Number(process.env.PROTECT_SECONDS ?? 600);

/** Resolves with the status of the answer, or 0 where there is none. */
async function askMuster(method, body) {
  try {
    // Read each time: the kubelet replaces the token before it expires.
    const headers = { authorization: `Bearer ${readFileSync(tokenFile, "utf8").trim()}` };
    const signal = AbortSignal.timeout(10_000);
    const response = await fetch(`${muster}/api/v1/protection`, { method, headers, body, signal });
    const text = await response.text();
    if (!response.ok && response.status !== 409) console.error(`not protected: ${text}`);
    return response.status;
  } catch (error) {
    console.error(`not protected: ${error.message}`);
    return 0;
  }
}

/** False: this worker is about to be stopped, and must not begin. Without an answer, it works unprotected. */
async function protect() {
  return (await askMuster("PUT", JSON.stringify({ expiresInSeconds: protectSeconds }))) !== 409;
}

async function work(message) {
  console.log(`began ${message}`);
  let renewal;
  const timer = setInterval(() => {
    renewal = protect();
  }, (protectSeconds * 1000) / 3);
  await sleep(Number(message.split(" ")[1]) * 1000);
  clearInterval(timer);
  // One under way must not arrive after the end of the protection.
  await renewal;
  console.log(`finished ${message}`);
}

const messages = createInterface({ input: process.stdin });
let isStopping = false;
process.on("SIGTERM", () => {
  isStopping = true;
  messages.close();
});
for await (const message of messages) {
  if (isStopping) break;
  if (await protect()) {
    await work(message);
    await askMuster("DELETE");
  } else {
    // RabbitMQ: nack with requeue; SQS: visibility time-out 0; beanstalkd: release.
    console.log(`gave back ${message}`);
    await sleep(5_000);
  }
}
process.exit();
