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
[ -x "$folder/helm-unittest" ] || go install -ldflags "-s -w" github.com/helm-unittest/helm-unittest/cmd/helm-unittest@v1.1.2
echo "helm, helm-unittest and kubeconform are in $folder"
