#!/bin/sh
# Fetches Apache Kafka, whose broker tests run against, from Maven Central (needs mvn; 44 MB).
#   scripts/fetch-kafka.sh [FOLDER]    default: ~/.cache/muster/kafka, where the tests look for it
set -eu
exec "$(dirname "$0")/fetch-jars.sh" kafka "${1:-${MUSTER_TEST_KAFKA:-$HOME/.cache/muster/kafka}}"
