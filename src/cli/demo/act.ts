import type { Sandbox } from "kube-sandbox";
import type { Recorder } from "./recorder.ts";

/** What the demo's charts are called. */
export interface Labels {
  readonly backlog: string;
  readonly replicas: string;
}

/** One story that the demo can play: its world, and when it begins and ends. */
export interface Act {
  readonly labels: Labels;
  /** What is said before anything happens. */
  readonly opening: string;
  /** The Deployment that is scaled. */
  readonly deployment: string;
  /** What kubectl is told to get. */
  readonly kinds: string;
  readonly sandbox: Sandbox;
  /** Of `muster run`, beside the kubeconfig. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Lets the story begin; resolves when the act has done its part. */
  begin(recorder: Recorder): Promise<void>;
  backlog(recorder: Recorder): Promise<number>;
  /** What happens now, in a sentence. */
  scene(recorder: Recorder): string;
  isOver(recorder: Recorder): boolean;
  close(): Promise<void>;
}
