import sqs from "../../src/sources/sqs.ts";
import type { ScriptedAnswer, ScriptedRequest } from "../support/scripted-http.ts";
import { useTestCredentials } from "../support/sqs.ts";
import { testSource } from "./conformance.ts";
import { httpStage } from "./http-stage.ts";
import type { Behaviour } from "./stage.ts";

useTestCredentials();

const COUNTS = { ApproximateNumberOfMessages: "14", ApproximateNumberOfMessagesNotVisible: "3" };

function refusal(status: number, type: string, message: string): ScriptedAnswer {
  return { status, body: { __type: `com.amazon.coral.service#${type}`, message } };
}

function answer(behaviour: Behaviour, request: ScriptedRequest): ScriptedAnswer | undefined {
  const isPoll = request.headers["x-amz-target"] === "AmazonSQS.ReceiveMessage";
  if (behaviour === "working") return isPoll ? () => undefined : { body: { Attributes: COUNTS } };
  if (behaviour === "missing") return { body: {} };
  if (behaviour === "unauthorized")
    return refusal(403, "UnrecognizedClientException", "The security token included in the request is invalid.");
  if (behaviour === "forbidden")
    return refusal(400, "AccessDeniedException", "User: arn:aws:iam::1:user/u is not authorized");
  if (behaviour === "notFound")
    return {
      status: 400,
      headers: { "x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender" },
      body: { __type: "com.amazonaws.sqs#QueueDoesNotExist", message: "The specified queue does not exist." },
    };
  if (behaviour === "throttled") return refusal(400, "ThrottlingException", "Rate exceeded");
  return undefined;
}

testSource(sqs, {
  value: 17,
  secrets: ["test-secret-value"],
  stage: httpStage({ settings: (url) => ({ queueUrl: `${url}/000000000000/jobs`, timeoutSeconds: 2 }), answer }),
  // SQS has no queue without counts: an answer without them is none.
  kinds: { missing: "Malformed" },
  excused: { stale: "SQS's counts carry no time" },
  wrong: {
    settings: {
      queueUrl: "https://sqs.eu-west-1.amazonaws.com/",
      region: "Ireland",
      wake: "often",
      longPollSeconds: 21,
    },
    names: ["queueUrl", "region", "wake", "longPollSeconds"],
  },
});
