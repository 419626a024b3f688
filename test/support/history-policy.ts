import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A policy to play a history with, in that folder. */
export function historyPolicy(folder: string): string {
  const file = join(folder, "mail.yaml");
  writeFileSync(
    file,
    `apiVersion: k8s.practo.dev/v1
kind: WorkerPodAutoScaler
metadata: { name: mail }
spec: { minReplicas: 0, maxReplicas: 30, targetMessagesPerWorker: 10, deploymentName: mail, queueURI: "beanstalk://q:11300/mail" }
`,
  );
  return file;
}

interface Shown {
  readonly traffic: {
    readonly name: string;
    readonly start: string;
    readonly seconds: number;
    readonly messages: number;
    readonly remarks: readonly string[];
  };
}

/** What `-o json` says of the traffic that was played. */
export function trafficIn(stdout: string): Shown["traffic"] {
  return (JSON.parse(stdout) as Shown).traffic;
}
