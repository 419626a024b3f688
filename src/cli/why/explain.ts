import { printableDeep } from "../../core/index.ts";
import { ConnectedClient, findConnection } from "../../kubernetes/index.ts";
import { readVersion } from "../../shared/shipped.ts";
import { asUserError, UserError } from "../../shared/user-error.ts";
import { askController, atServer, throughService, type Way } from "./ask-controller.ts";
import { askJournal } from "./ask-journal.ts";
import { askStatus } from "./ask-status.ts";
import type { Explanation } from "./explanation.ts";
import type { Question, WhereToAsk } from "./why-options.ts";

/** Nobody could be asked. The message says what was tried. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
}

/** Asks whoever the options name: a journal on disk, a controller, else the object's status. */
export async function explain(question: Question, options: WhereToAsk): Promise<Explanation> {
  // Names and messages come from objects and servers, and a line end in one must not look like another line.
  return printableDeep(await answerTo(question, options));
}

async function answerTo(question: Question, options: WhereToAsk): Promise<Explanation> {
  if (options.journal !== undefined) return askJournal(options.journal, question);
  if (options.server !== undefined) {
    const way = atServer(options.server, options.tokenFile);
    return askController(way, question).catch((error: unknown) => {
      throw error instanceof UserError ? error : new Unanswered(complaint(way, error));
    });
  }
  if (options.tokenFile !== undefined) {
    throw new UserError("--token-file: expected --server beside it, as the API server passes no token on");
  }
  return throughCluster(question, options);
}

async function throughCluster(question: Question, { kubeConfig, service }: WhereToAsk): Promise<Explanation> {
  const choice = kubeConfig === undefined ? {} : { path: kubeConfig };
  const connection = await asUserError(() => findConnection(choice));
  const client = new ConnectedClient(connection, { userAgent: `muster/${readVersion()}` });
  try {
    const way = throughService(client, service);
    const answer = await askController(way, question).catch((error: unknown) => {
      if (error instanceof UserError) throw error;
      return complaint(way, error);
    });
    if (typeof answer !== "string") return answer;
    const explanation = await askStatus(client, question).catch((error: unknown) => {
      if (error instanceof UserError) throw new UserError(`${error.message}; before that, ${answer}`);
      throw new Unanswered(`${answer}; nor can the object be read: ${messageOf(error)}`);
    });
    return { ...explanation, tried: [answer] };
  } finally {
    await client.close();
  }
}

function complaint({ name }: Way, error: unknown): string {
  return `${name} could not be asked: ${messageOf(error)}`;
}

/** `fetch` says what happened in its error's cause. */
function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== "" ? `${message}: ${cause.message}` : message;
}
