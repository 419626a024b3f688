/** What API servers call OpenAPI v2 as protobuf; the `@` that clients ask for it with is none of a media type's signs. */
const PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/**
 * The answer to `/openapi/v2`: a document without definitions. Old kubectls that validate on their own side then find
 * nothing to object to, and leave it to the server.
 */
export function openApiV2(accept: string): { readonly contentType: string; readonly body: string | Buffer } {
  const info = { title: "Kubernetes", version: "sandbox" };
  if (!accept.includes("protobuf")) {
    const document = { swagger: "2.0", info, paths: {}, definitions: {} };
    return { contentType: "application/json", body: JSON.stringify(document) };
  }
  const body = Buffer.concat([
    field(1, "2.0"),
    field(2, Buffer.concat([field(1, info.title), field(2, info.version)])),
  ]);
  return { contentType: PROTOBUF, body };
}

/** A length-delimited protobuf field; all lengths here are below 128. */
function field(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}
