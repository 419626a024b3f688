import {
  type Connection,
  type saslAuthenticateV0,
  type saslAuthenticateV1,
  saslPlain,
  saslScramSha,
} from "@platformatic/kafka";

export interface Login {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
}

const ALGORITHMS = { "scram-sha-256": "SHA-256", "scram-sha-512": "SHA-512" } as const;
/** Takes about a second. Brokers ask for some thousands. */
const MOST_ITERATIONS = 1_000_000;

const CRYPTO: typeof saslScramSha.defaultCrypto = {
  ...saslScramSha.defaultCrypto,
  async hi(definition, password, salt, iterations) {
    if (iterations <= MOST_ITERATIONS) return saslScramSha.hi(definition, password, salt, iterations);
    throw new Error(`expected at most ${MOST_ITERATIONS} iterations, the broker asks for ${iterations}`);
  },
};

/** Logs in with the mechanism that the broker has taken in its handshake. */
export function authenticate(
  api: (typeof saslAuthenticateV0 | typeof saslAuthenticateV1)["api"],
  connection: Connection,
  { username = "", password = "", mechanism }: Login,
  done: (error: Error | null, answer?: { readonly sessionLifetimeMs: bigint }) => void,
): void {
  if (mechanism === "plain") saslPlain.authenticate(api, connection, username, password, done);
  else saslScramSha.authenticate(api, connection, ALGORITHMS[mechanism], username, password, CRYPTO, done);
}
