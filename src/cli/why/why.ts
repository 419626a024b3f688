import { print, printError } from "../shared/print.ts";
import { asText } from "./as-text.ts";
import { explain, Unanswered } from "./explain.ts";
import { questionFrom, type WhyOptions } from "./why-options.ts";

/** Answers on standard output; returns the exit status: 1 where nobody could be asked. */
export async function why(name: string, options: WhyOptions): Promise<number> {
  const now = Date.now();
  const question = questionFrom(name, options, now);
  try {
    const explanation = await explain(question, options);
    const text =
      options.output === "json" ? `${JSON.stringify(explanation, undefined, 2)}\n` : asText(explanation, now);
    print(text);
    return 0;
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    printError(`muster: ${error.message}\n`);
    return 1;
  }
}
