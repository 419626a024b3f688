import type { Signal, SignalState } from "../../core/index.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import type { SharedThings } from "../../sources/shared/share.ts";
import { SourceError } from "../../sources/shared/source-error.ts";
import { readSeconds } from "../../sources/shared/time-limit.ts";
import { missingCredentials } from "./credentials.ts";
import { localNetwork } from "./source-network.ts";

/** Looks at a signal's source once, without touching any message. A failure to read is a state, not an error. */
export async function look(signal: Signal, things: SharedThings): Promise<SignalState> {
  const type = SOURCES.find((source) => source.type === signal.source.type);
  if (type === undefined) throw new Error(`no source of type ${signal.source.type}`);
  const missing = missingCredentials(signal.source);
  if (missing.length > 0) {
    const message = `${type.type} is not asked without ${missing.join(", ")}, which is not at hand`;
    return { failure: { kind: "Unauthorized", message }, doubtSince: 0 };
  }
  const tools = {
    now: Date.now,
    mayTouch: false,
    environment: process.env,
    network: localNetwork(),
    share: things.share,
  };
  const source = type.connect(signal.source.settings, tools);
  const seconds = readSeconds(signal.source.settings);
  const timeLimit = AbortSignal.timeout(seconds * 1000);
  try {
    return { reading: await source.read(timeLimit) };
  } catch (error) {
    if (timeLimit.aborted) {
      return { failure: { kind: "TimedOut", message: `no answer within ${seconds} s` }, doubtSince: 0 };
    }
    if (!(error instanceof SourceError)) throw error;
    return { failure: error.failure, doubtSince: 0 };
  } finally {
    await source.close?.();
  }
}
