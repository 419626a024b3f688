/** `beanstalk://host:port/tube`, the host perhaps an IPv6 address in brackets, with settings as a query after it. */
const QUEUE_URI =
  /^beanstalkd?:\/\/(?<host>\[[^\]]*\]|[^:/?#]*)(?::(?<port>[^/?#]*))?(?:\/(?<tube>[^?]*))?(?:\?(?<query>.*))?$/is;

/**
 * A WorkerPodAutoScaler's queueURI as raw settings, or undefined where it is not for beanstalkd. What is wrong in it is
 * kept, so that the settings' own rules tell of it; `?wake=look` is how an object asks never to have its jobs reserved.
 */
export function fromQueueUri(uri: string): Record<string, unknown> | undefined {
  if (!/^beanstalkd?:\/\//i.test(uri)) return undefined;
  const { host = "", port, tube = "", query } = QUEUE_URI.exec(uri)?.groups ?? {};
  return {
    ...Object.fromEntries(new URLSearchParams(query ?? "")),
    host: host.replace(/^\[(.*)\]$/, "$1"),
    ...(port === undefined ? {} : { port: /^\d+$/.test(port) ? Number(port) : port }),
    tube,
  };
}
