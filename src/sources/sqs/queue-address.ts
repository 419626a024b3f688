import { type AwsAddress, isAwsHost } from "../shared/aws/aws-address.ts";

/** What a queue's URL tells. */
export interface QueueAddress {
  readonly url: string;
  readonly account: string;
  readonly name: string;
  /** Where the host names a region. */
  readonly region?: string;
  /** Set where requests must go to the URL's own host: a VPC endpoint, an emulator, a proxy. */
  readonly endpoint?: string;
  readonly isEmulator?: boolean;
  readonly useFips?: boolean;
  readonly useDualStack?: boolean;
}

const EXAMPLE = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs";
/** eu-west-1, us-gov-east-1, us-iso-east-1, eusc-de-east-1. */
const REGION = /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/;

/** Why a text is not the URL of a queue; undefined if it is one. Credentials in it are not repeated. */
export function queueUrlProblem(text: string): string | undefined {
  const expected = `expected the URL of a queue, such as ${EXAMPLE}`;
  if (!URL.canParse(text)) return expected;
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol)) return `${expected}, got ${url.protocol}//`;
  if (url.username || url.password) return `${expected}, without credentials in it`;
  if (url.search || url.hash) return `${expected}, with nothing after the queue's name`;
  const { account, name } = pathOf(url);
  if (!account || !name)
    return `${expected}: the account and the queue's name are missing in ${url.origin}${url.pathname}`;
  if (!/^[\w-]{1,75}(\.fifo)?$/.test(name))
    return `expected a queue's name of letters, digits, - and _ (at the end .fifo for a FIFO queue), got ${name.slice(0, 100)}`;
  return undefined;
}

/** Reads a queue's URL; it must have no problem. */
export function parseQueueUrl(text: string): QueueAddress {
  const url = new URL(text);
  const host = url.hostname;
  const labels = host.split(".");
  const region =
    labels.find((label) => REGION.test(label)) ?? (host === "queue.amazonaws.com" ? "us-east-1" : undefined);
  const isAws = isAwsHost(host);
  const isPublic =
    isAws && region !== undefined && url.protocol === "https:" && url.port === "" && !labels.includes("vpce");
  return {
    url: text,
    ...pathOf(url),
    ...(region !== undefined && { region }),
    ...(!isPublic && { endpoint: url.origin }),
    ...(!isAws && { isEmulator: true }),
    ...(isPublic && labels[0] === "sqs-fips" && { useFips: true }),
    ...(isPublic && /\bapi\.(aws|amazonwebservices)\b/.test(host) && { useDualStack: true }),
  };
}

/** Where CloudWatch knows of the queue: an emulator's at the same place, else AWS's own in the queue's region. */
export function metricsAddress(
  { endpoint, isEmulator, useFips, useDualStack }: QueueAddress,
  region: string,
): AwsAddress {
  return {
    region,
    ...(isEmulator && endpoint !== undefined && { endpoint }),
    ...(useFips && { useFips }),
    ...(useDualStack && { useDualStack }),
  };
}

function pathOf({ pathname }: URL): { account: string; name: string } {
  const [account = "", name = ""] = pathname.split("/").slice(-2);
  return { account, name };
}
