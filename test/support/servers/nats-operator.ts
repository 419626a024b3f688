import { createHash } from "node:crypto";
import { createAccount, createOperator, createUser, type KeyPair } from "@nats-io/nkeys";

/** A NATS that trusts an operator knows its users by signed claims alone. */
export interface NatsOperator {
  /** For the server's configuration. */
  readonly config: string;
  /** Content of the .creds file of a user of an account, which may use JetStream. */
  readonly credentials: string;
}

/** An operator with an account for the server itself, which JetStream asks for, and one with a user. */
export function natsOperator(): NatsOperator {
  const [operator, system, account, user] = [createOperator(), createAccount(), createAccount(), createUser()];
  const none = -1;
  const limits = { subs: none, data: none, payload: none, imports: none, exports: none, conn: none, leaf: none };
  const storage = { mem_storage: none, disk_storage: none, streams: none, consumer: none };
  const operatorClaims = claims("operator", operator, operator, {});
  const accountClaims = claims("account", operator, account, { limits: { ...limits, ...storage, wildcards: true } });
  const systemClaims = claims("account", operator, system, { limits: { ...limits, wildcards: true } });
  const userClaims = claims("user", account, user, { pub: {}, sub: {}, subs: none, data: none, payload: none });
  const config = `operator: ${operatorClaims}
resolver: MEMORY
system_account: ${system.getPublicKey()}
resolver_preload { ${system.getPublicKey()}: ${systemClaims}, ${account.getPublicKey()}: ${accountClaims} }`;
  const seed = new TextDecoder().decode(user.getSeed());
  return { config, credentials: `${block("NATS USER JWT", userClaims)}\n${block("USER NKEY SEED", seed)}` };
}

/** A JSON Web Token as NATS signs them. */
function claims(type: string, issuer: KeyPair, subject: KeyPair, nats: object): string {
  const body = {
    jti: createHash("sha256").update(subject.getPublicKey()).digest("hex"),
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name: type,
    nats: { ...nats, type, version: 2 },
  };
  const text = [{ typ: "JWT", alg: "ed25519-nkey" }, body].map(encode).join(".");
  return `${text}.${Buffer.from(issuer.sign(new TextEncoder().encode(text))).toString("base64url")}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function block(name: string, content: string): string {
  return `-----BEGIN ${name}-----\n${content}\n------END ${name}------\n`;
}
