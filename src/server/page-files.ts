import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { shippedPath } from "../shared/shipped.ts";

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/live.js": ["live.js", "text/javascript; charset=utf-8"],
  "/live.css": ["live.css", "text/css; charset=utf-8"],
  "/live.svg": ["live.svg", "image/svg+xml"],
};

const SECURITY_HEADERS = {
  "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-cache",
};

/** The files of the live page, which say nothing of any autoscaler. Each is read and packed when it is first asked for. */
export class PageFiles {
  readonly #bodies = new Map<string, Promise<Body>>();

  has(pathname: string): boolean {
    return Object.hasOwn(FILES, pathname);
  }

  async answer(pathname: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [file, type] = FILES[pathname] ?? ["", ""];
    const body = await this.#read(file);
    const takesGzip = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
    const sent = takesGzip ? body.packed : body.plain;
    const headers = { "Content-Type": type, "Content-Length": sent.length, Vary: "Accept-Encoding" };
    response.writeHead(200, { ...SECURITY_HEADERS, ...headers, ...(takesGzip ? { "Content-Encoding": "gzip" } : {}) });
    response.end(sent);
  }

  #read(file: string): Promise<Body> {
    const known = this.#bodies.get(file);
    if (known !== undefined) return known;
    const reading = readBody(shippedPath(`build/muster/web/${file}`));
    this.#bodies.set(file, reading);
    // Another request tries again.
    reading.catch(() => this.#bodies.delete(file));
    return reading;
  }
}

interface Body {
  readonly plain: Buffer;
  readonly packed: Buffer;
}

async function readBody(path: string): Promise<Body> {
  const plain = await readFile(path);
  return { plain, packed: await promisify(gzip)(plain, { level: 9 }) };
}
