import type { Reading } from "../../core/index.ts";
import type { Listening, Source, SourceTools, WorkListener } from "../shared/source.ts";
import type { Server, Wake } from "./server.ts";

/** One tube of a server that many ask about. There may be tens of thousands: it holds nothing but what differs. */
export class TubeSource implements Source {
  readonly #server: Server;
  readonly #tube: string;
  readonly #wake: Wake;
  readonly #tools: SourceTools;
  readonly close: () => Promise<void>;

  /** `release` gives the server back. */
  constructor(server: Server, tube: string, wake: Wake, tools: SourceTools, release: () => Promise<void>) {
    this.#server = server;
    this.#tube = tube;
    this.#wake = wake;
    this.#tools = tools;
    this.close = release;
  }

  read(signal: AbortSignal): Promise<Reading> {
    return this.#server.read(this.#tube, this.#tools.now, signal);
  }

  listen(listener: WorkListener): Listening {
    return this.#server.listen(this.#tube, this.#tools.mayTouch ? this.#wake : "look", listener);
  }
}
