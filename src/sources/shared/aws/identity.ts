type Environment = Readonly<Record<string, string | undefined>>;

/** Says which of the SDK's ways to credentials the environment points to; names only, never a value that is secret. */
export function identityTried(environment: Environment): string {
  const { AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ROLE_ARN } = environment;
  if (AWS_PROFILE) return `the credentials tried were those of profile ${AWS_PROFILE}`;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) return "the credentials tried were the keys in AWS_ACCESS_KEY_ID";
  if (environment.AWS_WEB_IDENTITY_TOKEN_FILE)
    return `the credentials tried were those of role ${AWS_ROLE_ARN ?? "(AWS_ROLE_ARN is not set)"} by web identity`;
  if (environment.AWS_CONTAINER_CREDENTIALS_FULL_URI || environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)
    return "the credentials tried were those of the container (EKS Pod Identity or ECS)";
  return "nothing in the environment gives credentials, so shared configuration files and the machine's role were tried";
}
