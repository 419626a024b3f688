#!/bin/sh
# Fetches Apache Kafka, whose broker tests run against, from Maven Central (needs mvn; 44 MB).
#   scripts/fetch-kafka.sh [FOLDER]    default: ~/.cache/muster/kafka, where the tests look for it
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-${MUSTER_TEST_KAFKA:-$HOME/.cache/muster/kafka}}
mkdir -p "$folder"
mvn --quiet --batch-mode --file "$here/test/support/servers/kafka.pom.xml" \
  org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$folder"
echo "Kafka is in $folder"
