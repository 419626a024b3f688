#!/bin/sh
# Fetches ElasticMQ, an independent SQS that tests run against, from Maven Central (needs mvn; 37 MB).
#   scripts/fetch-elasticmq.sh [FOLDER]    default: ~/.cache/muster/elasticmq, where the tests look for it
set -eu
exec "$(dirname "$0")/fetch-jars.sh" elasticmq "${1:-${MUSTER_TEST_ELASTICMQ:-$HOME/.cache/muster/elasticmq}}"
