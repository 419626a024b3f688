/** What commander makes of the options of `muster phpa`. */
export interface PhpaOptions {
  readonly file?: string;
  readonly kubeConfig?: string;
  readonly dryRun: boolean;
  readonly output: string;
  readonly quit: boolean;
}
