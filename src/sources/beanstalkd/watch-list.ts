import type { Connection } from "./connection.ts";

/** So many commands are sent before their replies are awaited: about 4 KB, and 12 ms of a server with 10,000 tubes. */
const COMMANDS_AT_ONCE = 200;

/** A new connection watches this tube without being asked. */
const FIRST_TUBE = "default";

/** The tubes that a connection watches, brought in line with those that are wanted by telling the server the differences alone. */
export class WatchList {
  readonly #connection: Pick<Connection, "send">;
  readonly #watched = new Set([FIRST_TUBE]);
  readonly #toWatch = new Set<string>();
  readonly #toIgnore = new Set([FIRST_TUBE]);

  constructor(connection: Pick<Connection, "send">, wanted: Iterable<string>) {
    this.#connection = connection;
    for (const tube of wanted) this.want(tube);
  }

  /** Whether the server counts this connection among those that watch the tube. */
  has(tube: string): boolean {
    return this.#watched.has(tube);
  }

  want(tube: string): void {
    if (this.#watched.has(tube)) this.#toIgnore.delete(tube);
    else this.#toWatch.add(tube);
  }

  unwant(tube: string): void {
    if (this.#watched.has(tube)) this.#toIgnore.add(tube);
    else this.#toWatch.delete(tube);
  }

  /** Whether there is more to tell than should travel at once: then `sendSome` first. */
  get isFarBehind(): boolean {
    return this.#toWatch.size + this.#toIgnore.size > COMMANDS_AT_ONCE;
  }

  async sendSome(): Promise<void> {
    await this.#send();
  }

  /** Afterwards what the server reserves for this connection comes from wanted tubes. Failures show in the command that follows. */
  sendRest(): void {
    this.#send()?.catch(() => undefined);
  }

  #send(): Promise<unknown> | undefined {
    let last: Promise<unknown> | undefined;
    const post = (command: string) => {
      last?.catch(() => undefined);
      last = this.#connection.send(command, ["WATCHING"]);
    };
    // First the new ones: the server refuses to ignore the only tube.
    for (const tube of firstOf(this.#toWatch, COMMANDS_AT_ONCE)) {
      post(`watch ${tube}`);
      this.#toWatch.delete(tube);
      this.#watched.add(tube);
    }
    for (const tube of firstOf(this.#toIgnore, Math.min(COMMANDS_AT_ONCE, this.#watched.size - 1))) {
      post(`ignore ${tube}`);
      this.#toIgnore.delete(tube);
      this.#watched.delete(tube);
    }
    return last;
  }
}

function firstOf(tubes: ReadonlySet<string>, most: number): string[] {
  const first: string[] = [];
  for (const tube of tubes) {
    if (first.length >= most) break;
    first.push(tube);
  }
  return first;
}
