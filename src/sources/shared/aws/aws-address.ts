import type { ConnectionTools } from "../source.ts";
import { SourceError } from "../source-error.ts";

/** Where a service of AWS is reached. */
export interface AwsAddress {
  readonly region: string;
  /** Base URL; absent: AWS's own for the region, as the SDK finds it. */
  readonly endpoint?: string;
  /** The environment names the endpoint, and not an object. */
  readonly isOperators?: boolean;
  readonly useFips?: boolean;
  readonly useDualStack?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The endpoint that the environment sets for a service, as all SDKs of AWS read it. */
export function endpointFrom(environment: Environment, service: "SQS" | "CLOUDWATCH"): string | undefined {
  if (environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS === "true") return undefined;
  for (const variable of [`AWS_ENDPOINT_URL_${service}`, "AWS_ENDPOINT_URL"]) {
    const endpoint = environment[variable];
    if (!endpoint) continue;
    if (URL.canParse(endpoint) && /^https?:\/\//.test(endpoint)) return endpoint;
    throw new SourceError(
      "Malformed",
      `expected ${variable} to be a URL such as http://localhost:4566, got another text`,
    );
  }
  return undefined;
}

/** The region that the environment sets; us-east-1 where nothing tells. */
export function regionFrom(environment: Environment): string {
  return environment.AWS_REGION || environment.AWS_DEFAULT_REGION || "us-east-1";
}

/** The domains of AWS's partitions. */
const AWS_DOMAIN =
  /(^|\.)(amazonaws\.com(\.cn)?|amazonaws\.eu|api\.aws|api\.amazonwebservices\.com\.cn|(c2s|csp\.hci)\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk)$/;

export function isAwsHost(host: string): boolean {
  return AWS_DOMAIN.test(host);
}

/**
 * Throws where an object leads requests to a host that is not AWS's. A signature and a session token would go with them:
 * only the operator can say who may have those.
 */
export function checkEndpoint(
  { endpoint, isOperators }: AwsAddress,
  { network }: Pick<ConnectionTools, "network">,
): void {
  if (endpoint !== undefined && !isOperators) network.checkAwsEndpoint(endpoint, isAwsHost(new URL(endpoint).hostname));
}

/** Two sources with the same address share their connections. */
export function addressKey({ region, endpoint, isOperators, useFips, useDualStack }: AwsAddress): string {
  return [region, endpoint, isOperators && "by environment", useFips && "fips", useDualStack && "dual-stack"]
    .filter(Boolean)
    .join(" ");
}

/** The address as people know it. */
export function shownAddress({ region, endpoint }: AwsAddress): string {
  return endpoint === undefined ? region : `${region} (${new URL(endpoint).origin})`;
}
