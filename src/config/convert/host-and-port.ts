/** The parts of "host:port"; a host alone has the usual port. */
export function hostAndPort(address: string | undefined, usual: number): [host: string | undefined, port: number] {
  const [host, port] = (address ?? "").split(":");
  return [host, port ? Number(port) : usual];
}
