#!/bin/sh
# Fetches ElasticMQ, an independent SQS that tests run against, from Maven Central (needs mvn; 37 MB).
#   scripts/fetch-elasticmq.sh [FOLDER]    default: ~/.cache/muster/elasticmq, where the tests look for it
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-${MUSTER_TEST_ELASTICMQ:-$HOME/.cache/muster/elasticmq}}
mkdir -p "$folder"
mvn --quiet --batch-mode --file "$here/test/support/servers/elasticmq.pom.xml" \
  org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$folder"
echo "ElasticMQ is in $folder"
