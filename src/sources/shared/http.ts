import type { Dispatcher } from "undici";
import { MIB, readAnswer, USUAL_ANSWER_BYTES } from "./answer-limits.ts";
import { connectionFailure, kindOfStatus } from "./connection-failure.ts";
import { HttpAgent } from "./http-agent.ts";
import { excerpt } from "./safe-text.ts";
import type { HttpSettings } from "./settings.ts";
import type { SourceTools } from "./source.ts";
import { SourceError } from "./source-error.ts";
import { answerWithin } from "./time-limit.ts";

const MOST_REDIRECTS = 3;
/** For receiving, decoding and checking an answer, without parsing it; measured at 8 to 20 ms. */
const MILLISECONDS_A_MIB = 20;

export interface HttpRequest {
  readonly url: URL;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** What the API's own form of an error says; undefined for any other answer, of which nothing is shown. */
  readonly errorIn?: (answer: unknown) => string | undefined;
}

interface HttpAnswer {
  readonly where: string;
  readonly contentType: string;
  readonly text: string;
}

/** Asks HTTP servers for small answers: within limits of time and size, authenticated, never redirected to another host. */
export class HttpClient {
  readonly #settings: HttpSettings;
  readonly #secrets: readonly string[];
  readonly #agent: ReturnType<typeof HttpAgent.share>;
  readonly #mostBytes: number;
  readonly #spent: (milliseconds: number) => void;

  /** `secrets`: credentials beside those of the common settings, such as a token in a header. */
  constructor(settings: HttpSettings, tools: SourceTools, secrets: readonly string[] = []) {
    const { username = "", password = "", bearerToken = "" } = settings;
    this.#settings = settings;
    this.#secrets = [password, bearerToken, `${username}:${password}`, ...secrets].filter(
      (secret) => secret.length > 1,
    );
    this.#agent = HttpAgent.share(settings.caCertificate, tools);
    this.#mostBytes = tools.answerBytes ?? USUAL_ANSWER_BYTES;
    this.#spent = tools.spent ?? (() => undefined);
  }

  async json(request: HttpRequest): Promise<unknown> {
    const answer = await this.#ask({ ...request, headers: { accept: "application/json", ...request.headers } });
    const began = performance.now();
    try {
      return JSON.parse(answer.text);
    } catch {
      throw this.#malformed(answer, "JSON");
    } finally {
      this.#spent(performance.now() - began);
    }
  }

  /** The answer's body as text; Malformed if the server calls it HTML. */
  async text(request: HttpRequest, expected: string): Promise<string> {
    const answer = await this.#ask(request);
    if (answer.contentType.startsWith("text/html")) throw this.#malformed(answer, expected);
    return answer.text;
  }

  /** The beginning of what a server said, fit for an error. */
  excerpt(text: string): string {
    return excerpt(text, this.#secrets);
  }

  close(): Promise<void> {
    return this.#agent.release();
  }

  /** An object's author may read its status, but perhaps not this server: an answer is described, not shown. */
  #malformed(answer: HttpAnswer, expected: string): SourceError {
    const came = answer.text.trim() === "" ? "an empty body" : described(answer);
    const shown = this.excerpt(answer.text);
    return new SourceError("Malformed", `${answer.where}: expected ${expected}, got ${came}`, { answer: shown });
  }

  #refusal(answer: HttpAnswer, status: number, errorIn: HttpRequest["errorIn"]): SourceError {
    const said = errorIn?.(parsedJson(answer.text));
    const what = said === undefined ? ` (${described(answer)})` : `: ${this.excerpt(said)}`;
    const message = `${answer.where} answered ${status}${answer.text === "" ? "" : what}`;
    return new SourceError(kindOfStatus(status), message, { answer: this.excerpt(answer.text) });
  }

  #ask(request: HttpRequest): Promise<HttpAnswer> {
    const limits = { seconds: this.#settings.timeoutSeconds, signal: request.signal, what: withoutQuery(request.url) };
    return answerWithin(limits, (signal) => this.#follow({ ...request, signal }, MOST_REDIRECTS));
  }

  /** `where` stays the address that was stated: a redirect's is the server's word, and may repeat a credential. */
  async #follow(request: HttpRequest, redirectsLeft: number, where = withoutQuery(request.url)): Promise<HttpAnswer> {
    const response = await this.#send(request, where);
    const { location } = response.headers;
    if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === "string") {
      await response.body.dump({ limit: 64 << 10 });
      if (redirectsLeft <= 0)
        throw new SourceError("Malformed", `${where} redirects more than ${MOST_REDIRECTS} times`);
      return this.#follow(
        { ...request, url: this.#redirected(request.url, location, where) },
        redirectsLeft - 1,
        where,
      );
    }
    const text = await readAnswer(response, where, this.#mostBytes, (bytes) =>
      this.#spent((bytes / MIB) * MILLISECONDS_A_MIB),
    );
    const answer = { where, contentType: String(response.headers["content-type"] ?? ""), text };
    const isGood = response.statusCode >= 200 && response.statusCode <= 299;
    if (!isGood) throw this.#refusal(answer, response.statusCode, request.errorIn);
    return answer;
  }

  async #send(request: HttpRequest, where: string): Promise<Dispatcher.ResponseData> {
    const { url, method = "GET", body, signal } = request;
    try {
      const dispatcher = await this.#agent.value.dispatcher();
      const headers = { "user-agent": "muster", ...this.#authorization(), ...request.headers };
      return await dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        body: body ?? null,
        signal,
      });
    } catch (error) {
      throw connectionFailure(error, where);
    }
  }

  #redirected(from: URL, location: string, where: string): URL {
    if (!URL.canParse(location, from.href))
      throw new SourceError("Malformed", `${where} redirects to what is not a URL`);
    const to = new URL(location, from);
    const upgraded = from.protocol === "http:" && to.protocol === "https:" && to.hostname === from.hostname;
    if (to.origin === from.origin || upgraded) return to;
    const host = this.excerpt(to.origin);
    throw new SourceError("Malformed", `${where} redirects to another host, ${host}: write that one if it is meant`);
  }

  #authorization(): Record<string, string> {
    const { username, password, bearerToken } = this.#settings;
    if (bearerToken !== undefined) return { authorization: `Bearer ${bearerToken}` };
    if (username === undefined) return {};
    return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` };
  }
}

/** `base` with a path after its own, as a server behind a path prefix needs it. */
export function withPath(base: string, path: string): URL {
  const url = new URL(base);
  url.pathname = `${withoutTrailingSlashes(url.pathname)}/${path}`;
  return url;
}

/** What can be said of an answer without repeating it. */
function described({ contentType, text }: HttpAnswer): string {
  const type = /^[\w.+-]{1,40}\/[\w.+-]{1,60}/.exec(contentType)?.[0] ?? "no content type";
  return `${type}, ${Buffer.byteLength(text)} bytes`;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A loop, since /\/+$/ takes quadratic time on a path of many slashes. */
function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}

/** How errors name a URL: a query may hold a token. */
export function withoutQuery(url: URL): string {
  return `${url.origin}${url.pathname === "/" ? "" : url.pathname}`;
}
