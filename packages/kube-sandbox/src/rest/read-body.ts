import { parseAllDocuments } from "yaml";
import { type Fields, isFields } from "../objects/fields.ts";
import { PROTOBUF, readProtobuf } from "../protobuf/read-protobuf.ts";
import { badRequest } from "./status-error.ts";

/** Parses a request's body by its media type: JSON, protobuf or, for any other, YAML. */
export function readBody(body: Buffer, mediaType: string): unknown {
  if (body.length === 0) throw badRequest("expected a body, got none");
  if (mediaType === PROTOBUF) return readProtobuf(body);
  const text = body.toString("utf8");
  return mediaType.endsWith("json") ? readJson(text) : readYaml(text);
}

/** The same for a body that must be one object. */
export function readObject(body: Buffer, mediaType: string): Fields {
  const value = readBody(body, mediaType);
  if (isFields(value)) return value;
  throw badRequest(
    `couldn't get version/kind; json parse error: expected an object, got ${JSON.stringify(value).slice(0, 80)}`,
  );
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized: couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function readYaml(body: string): unknown {
  const [document, ...more] = parseAllDocuments(body, { uniqueKeys: false });
  if (document === undefined || more.length > 0) throw badRequest("expected one YAML document");
  const [error] = document.errors;
  if (error !== undefined) throw badRequest(`error converting YAML to JSON: ${error.message}`);
  return document.toJS({ maxAliasCount: 100 });
}
