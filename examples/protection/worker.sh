#!/usr/bin/env bash
# A worker that is not stopped at work. Put your queue in place of standard input, where a line is a message:
# a name, and how many seconds its work takes.
set -u
muster=${MUSTER_URL:-http://muster.muster:8787}
token_file=${MUSTER_TOKEN_FILE:-/var/run/secrets/muster/token}
protect_seconds=${PROTECT_SECONDS:-600}

# Prints the status of the answer, or 000 where there is none. The token is not an argument, which other processes could see.
ask_muster() { # METHOD [BODY]
  curl --silent --show-error --max-time 10 --output /dev/null --write-out '%{http_code}' --request "$1" \
    --header @<(printf 'Authorization: Bearer %s' "$(<"$token_file")") --data "${2:-}" "$muster/api/v1/protection"
}

# Fails where this worker is about to be stopped, and must not begin. Without an answer, it works unprotected.
protect() {
  local status
  status=$(ask_muster PUT "{\"expiresInSeconds\": $protect_seconds}")
  [[ $status == 200 || $status == 409 ]] || echo "not protected: $status" >&2
  [[ $status != 409 ]]
}

work() { # MESSAGE
  echo "began $1"
  sleep "${1#* }" &
  local job=$! renewed=$SECONDS
  while kill -0 "$job" 2>/dev/null; do
    if ((SECONDS - renewed > protect_seconds / 3)); then
      protect
      renewed=$SECONDS
    fi
    sleep 0.5
  done
  echo "finished $1"
}

working=false stopping=false
trap 'stopping=true; $working || exit 0' TERM
while ! $stopping && read -r message; do
  working=true
  if protect; then
    work "$message"
    ask_muster DELETE >/dev/null
  else
    # RabbitMQ: nack with requeue; SQS: visibility time-out 0; beanstalkd: release.
    echo "gave back $message"
    sleep 5
  fi
  working=false
done
exit 0
