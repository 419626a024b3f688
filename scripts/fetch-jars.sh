#!/bin/sh
# Fetches what test/support/servers/NAME.pom.xml lists from Maven Central (needs mvn): for the scripts beside this one.
#   scripts/fetch-jars.sh NAME FOLDER
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$2"
mvn --quiet --batch-mode --file "$here/test/support/servers/$1.pom.xml" \
  org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$2"
echo "$1 is in $2"
