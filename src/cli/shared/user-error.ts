/** What a person got wrong on the command line or in a file: printed as it is, exit status 2, never a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
}
