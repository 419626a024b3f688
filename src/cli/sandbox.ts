import type { Command } from "commander";
import type { SandboxFlags } from "../demo/sandbox.ts";
import { withExamples } from "./shared/help.ts";

/** `muster sandbox`: a cluster and a queue in this process, to try manifests with kubectl and no cluster. */
export function addSandbox(program: Command): void {
  const command = program
    .command("sandbox")
    .description("run an embedded Kubernetes API with simulated workers, and an SQS-compatible queue, until Ctrl-C")
    .option("--port <port>", "port of the Kubernetes API on 127.0.0.1; 0 takes a free one", "0")
    .option("--sqs-port <port>", "port of the queue server on 127.0.0.1; 0 takes a free one", "0")
    .option("--kubeconfig <path>", "where to write the kubeconfig (default: a file in the temporary folder)")
    .option("--apply <files...>", "manifests to apply at the start, after Muster's own CRDs")
    .option("--queue <names...>", "SQS queues to create at the start")
    .option("--start-seconds <seconds>", "how long a pod takes to become ready", "1")
    .option("--seconds-per-message <seconds>", "how long a worker works on a message", "1")
    .action(async (flags: SandboxFlags) => {
      const { runSandbox } = await import("../demo/sandbox.ts");
      await runSandbox(flags);
    });
  withExamples(command, {
    "a cluster of your own in a second": "muster sandbox",
    "with a queue, a Deployment and what scales it":
      "muster sandbox --queue sms-sender --apply examples/deployment.yaml examples/worker-pod-autoscaler.yaml",
    "let Muster scale in it, from a second terminal (the sandbox prints the two values)":
      "AWS_ENDPOINT_URL=http://127.0.0.1:PORT muster run --kube-config PATH",
  });
}
