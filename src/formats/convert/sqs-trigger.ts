import { parseQueueUrl, queueUrlProblem } from "../../sources/sqs/connection.ts";
import { type Conversion, lacking, perReplica, type Settings, withNotes } from "./trigger.ts";

const QUEUE_LENGTH = "5";

/** KEDA's aws-sqs-queue. */
export const sqsTrigger: Conversion = ({ name, settings: s }) => {
  const wrong = [...lacking(s, "queueURL")];
  const problem = s.queueURL ? queueUrlProblem(s.queueURL) : undefined;
  if (problem !== undefined) wrong.push({ path: "metadata.queueURL", message: `${problem}, got ${s.queueURL}` });
  if (wrong.length > 0) return { wrong };
  const isTold = parseQueueUrl(s.queueURL ?? "").region !== undefined;
  const sqs = { queueUrl: s.queueURL, ...(isTold || !s.awsRegion ? {} : { region: s.awsRegion }) };
  const draft = perReplica(name, { sqs }, s.queueLength ?? QUEUE_LENGTH, { activation: s.activationQueueLength });
  return withNotes(draft, [
    ...countingNotes(s).map((text) => ({ path: ["perReplica"], text })),
    ...accessNotes(s).map((text) => ({ path: ["source", "sqs", "queueUrl"], text })),
  ]);
};

function countingNotes(s: Settings): readonly string[] {
  return [
    ...(s.scaleOnInFlight === "false"
      ? ["messages in flight count here; under KEDA they did not (scaleOnInFlight: false)"]
      : []),
    ...(s.scaleOnDelayed === "true"
      ? ["messages that are delayed do not count here; under KEDA they did (scaleOnDelayed: true)"]
      : []),
  ];
}

function accessNotes(s: Settings): readonly string[] {
  return [
    ...(s.identityOwner === "pod" ? ["it is read with the controller's own AWS credentials"] : []),
    ...(s.awsEndpoint
      ? ["awsEndpoint is not kept: the URL's host is asked, or the controller's AWS_ENDPOINT_URL"]
      : []),
  ];
}
