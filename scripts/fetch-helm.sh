#!/bin/sh
# Builds what the chart is tested with from Go modules (needs go; minutes): helm, its plug-in for unit tests, and kubeconform.
#   scripts/fetch-helm.sh [FOLDER]    default: ~/.cache/muster/helm, where the tests look for it
set -eu
folder=${1:-${MUSTER_TEST_HELM:-$HOME/.cache/muster/helm}}
HELM=v3.22.0
mkdir -p "$folder"
export GOBIN="$folder" GOFLAGS=-mod=mod CGO_ENABLED=0
# As helm's own releases: without these it takes every cluster for 1.20.
values="-s -w -X helm.sh/helm/v3/internal/version.version=$HELM"
for package in chartutil lint/rules; do
  values="$values -X helm.sh/helm/v3/pkg/$package.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/$package.k8sVersionMinor=37"
done
cd "${TMPDIR:-/tmp}"
[ -x "$folder/helm" ] || go install -ldflags "$values" "helm.sh/helm/v3/cmd/helm@$HELM"
[ -x "$folder/kubeconform" ] || go install -ldflags "-s -w" github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
# Its module replaces another one, which `go install` refuses: built within a module that says the same.
if [ ! -x "$folder/helm-unittest" ]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  cd "$scratch"
  go mod init scratch
  go mod edit -replace github.com/vmware-labs/yaml-jsonpath@v0.3.2=github.com/helm-unittest/yaml-jsonpath@v0.4.0
  go get github.com/helm-unittest/helm-unittest/cmd/helm-unittest@v1.1.2
  go install -ldflags "-s -w" github.com/helm-unittest/helm-unittest/cmd/helm-unittest
fi
echo "helm, helm-unittest and kubeconform are in $folder"
