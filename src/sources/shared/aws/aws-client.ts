import type { ConnectionTools } from "../source.ts";
import type { AwsAddress } from "./aws-address.ts";
import { SdkTransport } from "./sdk-transport.ts";

/** One more attempt, as a server may close a kept connection in the very moment that we use it again. */
const MAX_ATTEMPTS = 2;

/**
 * Options for an SDK client. Credentials are left to the SDK's own chain, pacing and backing off to the controller;
 * `connections` bounds the connections.
 */
export function clientOptions(address: AwsAddress, tools: ConnectionTools, connections?: number) {
  silenceNodeVersionWarning();
  const { region, endpoint, isOperators, useFips, useDualStack } = address;
  const { environment, network } = tools;
  return {
    region,
    ...(endpoint !== undefined && { endpoint }),
    // With an endpoint of its own a client refuses these two, which might also stand in the environment.
    ...(endpoint !== undefined
      ? { useFipsEndpoint: false, useDualstackEndpoint: false }
      : { ...(useFips && { useFipsEndpoint: true }), ...(useDualStack && { useDualstackEndpoint: true }) }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: new SdkTransport({ environment, network: isOperators ? network.operators : network }, connections),
  };
}

/** The SDK warns every user of Node 20 of its own plans; which Node Muster runs on is Muster's matter. */
function silenceNodeVersionWarning(): void {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
}
