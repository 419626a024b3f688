import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Ending } from "../at-end.ts";
import { lacking, requirement } from "../requirement.ts";
import { freePort } from "../scripted-tcp.ts";
import { accepts, runServer, temporaryFolder } from "./server-process.ts";

const HINT = "run scripts/fetch-elasticmq.sh";
const JARS = process.env.MUSTER_TEST_ELASTICMQ ?? join(homedir(), ".cache/muster/elasticmq");
const JAVA = requirement("java", "install it with `apt-get install default-jre-headless`");

/** ElasticMQ, fetched from Maven Central, and a Java to run it. */
export const ELASTICMQ = existsSync(join(JARS, "elasticmq-server_2.13-1.6.14.jar")) ? JAVA : lacking("elasticmq", HINT);

/** A real ElasticMQ; its address. */
export async function startElasticMq(test: Ending): Promise<string> {
  const folder = await temporaryFolder(test);
  const port = await freePort();
  const config = join(folder, "elasticmq.conf");
  await writeFile(
    config,
    `include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
`,
  );
  const args = ["-Xmx256m", `-Dconfig.file=${config}`, "-cp", join(JARS, "*"), "org.elasticmq.server.Main"];
  await runServer(test, { path: JAVA.path ?? "", args, folder, ready: () => accepts(port), patienceSeconds: 60 });
  return `http://127.0.0.1:${port}`;
}
