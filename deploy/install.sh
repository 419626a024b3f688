#!/usr/bin/env bash
# Installs or upgrades Muster on the cluster that kubectl points to (KUBECONFIG as usual). Run it again at any time.
#
#   AWS_REGIONS=ap-south-1 AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... deploy/install.sh
#
#   AWS_REGIONS    regions of your queues, comma separated (ap-south-1,ap-southeast-1)
#   AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
#                  kept in the Secret muster-aws. Left out: that Secret stays as it is; without one, the AWS SDK finds
#                  credentials by itself (IRSA, EKS Pod Identity, instance profile)
#   AWS_ROLE_ARN   IAM role for the ServiceAccount (IRSA)
#   MUSTER_IMAGE   image to run (muster:0.1.0)
#   NAMESPACE      where Muster runs (muster; kube-system where an earlier version runs there)
#
#   --wait         wait until the new version runs
#   --keep-old     leave practo's workerpodautoscaler running; otherwise it is scaled to 0, as two must not act at once.
#                  A Muster in kube-system is stopped in any case where NAMESPACE names another namespace
#   --print        print the manifest that would be applied, and change nothing
set -euo pipefail

folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
regions=${AWS_REGIONS:-ap-south-1,ap-southeast-1}
image=${MUSTER_IMAGE:-muster:0.1.0}
namespace=${NAMESPACE:-}
role=${AWS_ROLE_ARN:-}
wait=false keep_old=false print=false

fail() {
  printf 'install: %s\n' "$1" >&2
  exit 2
}

must_match() { # NAME VALUE PATTERN EXAMPLE
  [[ $2 =~ ^$3$ ]] || fail "expected $1 to be like $4, got \"$2\""
}

for word in "$@"; do
  case $word in
    --wait) wait=true ;;
    --keep-old) keep_old=true ;;
    --print) print=true ;;
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) fail "expected --wait, --keep-old, --print or --help, got \"$word\"" ;;
  esac
done

must_match AWS_REGIONS "$regions" '[a-z0-9-]+(,[a-z0-9-]+)*' '"ap-south-1,ap-southeast-1"'
must_match MUSTER_IMAGE "$image" '[a-zA-Z0-9][a-zA-Z0-9._:/@-]*' '"registry.example.com/muster:0.1.0"'
[[ -z $namespace ]] || must_match NAMESPACE "$namespace" '[a-z0-9]([a-z0-9-]*[a-z0-9])?' '"muster"'
[[ -z $role ]] || must_match AWS_ROLE_ARN "$role" 'arn:[a-zA-Z0-9:/_+=,.@-]+' '"arn:aws:iam::123456789012:role/muster"'
if [[ -n ${AWS_ACCESS_KEY_ID:-} && -z ${AWS_SECRET_ACCESS_KEY:-} || -z ${AWS_ACCESS_KEY_ID:-} && -n ${AWS_SECRET_ACCESS_KEY:-} ]]; then
  fail "expected both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or neither, got one of them"
fi
if [[ -n ${AWS_ACCESS_KEY_ID:-} && -n ${AWS_SESSION_TOKEN:-} ]]; then
  fail "these AWS keys are temporary (AWS_SESSION_TOKEN is set) and would stop working: use the keys of a user, or a role"
fi

# kubectl refuses CEL rules where the server does not know them (before 1.25). No answer: the CRD that suits every server.
knows_cel() {
  command -v kubectl >/dev/null || return 1
  [[ $(kubectl get --raw /version --request-timeout=10s 2>/dev/null) =~ \"minor\":\ *\"([0-9]+) ]] && ((BASH_REMATCH[1] >= 25))
}

is_there() { # KIND NAME NAMESPACE
  command -v kubectl >/dev/null || return 1
  [[ -n $(kubectl --namespace "$3" get "$1" "$2" --ignore-not-found --output name --request-timeout=10s 2>/dev/null) ]]
}

if [[ -z $namespace ]]; then
  namespace=muster
  if is_there deployment muster kube-system; then namespace=kube-system; fi
fi

crds=$folder/crds
own_crd=$crds/muster.dev_workerautoscalers.yaml
if knows_cel; then own_crd=$crds/cel/muster.dev_workerautoscalers.yaml; fi
manifest="# Muster for the namespace $namespace"
for file in "$crds/k8s.practo.dev_workerpodautoscalers.yaml" "$own_crd" "$folder/install.yaml"; do
  [[ -s $file && -r $file ]] || fail "expected a manifest in $file: keep the folder deploy/ as a whole"
  manifest+=$'\n---\n'$(<"$file")
done
manifest=${manifest//namespace: muster/namespace: $namespace}
manifest=${manifest//image: muster:0.1.0/image: $image}
manifest=${manifest//value: ap-south-1,ap-southeast-1/value: $regions}

if $print; then
  printf '%s\n' "$manifest"
  exit 0
fi
command -v kubectl >/dev/null || fail "expected kubectl in PATH: install it first"

secret_version() {
  kubectl --namespace "$namespace" get secret muster-aws --ignore-not-found --output 'jsonpath={.metadata.resourceVersion}'
}

current_role() {
  kubectl --namespace "$namespace" get serviceaccount muster --ignore-not-found \
    --output 'jsonpath={.metadata.annotations.eks\.amazonaws\.com/role-arn}'
}

encode() {
  printf '%s' "$1" | base64 | tr -d '\n'
}

kubectl get namespace "$namespace" >/dev/null 2>&1 || kubectl create namespace "$namespace"

stop_other() { # NAMESPACE DEPLOYMENT HOW-TO-GO-BACK: two must not act at once
  [[ $(kubectl --namespace "$1" get deployment "$2" --ignore-not-found --output 'jsonpath={.spec.replicas}') =~ ^[1-9] ]] || return 0
  kubectl --namespace "$1" scale deployment "$2" --replicas=0
  echo "The old controller is stopped, as two must not act at once. $3"
}

if ! $keep_old; then
  back="To go back: scale deployment/muster to 0 and it to 1."
  stop_other kube-system workerpodautoscaler "$back"
  [[ $namespace == kube-system ]] || stop_other "$namespace" workerpodautoscaler "$back"
fi
if [[ $namespace != kube-system ]] && is_there deployment muster kube-system; then
  stop_other kube-system muster "To go back: NAMESPACE=kube-system deploy/install.sh. docs/upgrade-and-uninstall.md says what to delete."
  if [[ -z ${AWS_ACCESS_KEY_ID:-} ]] && is_there secret muster-aws kube-system && ! is_there secret muster-aws "$namespace"; then
    echo "The Secret muster-aws stays in kube-system: give the AWS keys, or copy it into $namespace."
  fi
fi

# Applied by the server, so that no copy of the keys ends up in an annotation; from standard input, so that they stand
# in no command line.
secret_before=$(secret_version)
if [[ -n ${AWS_ACCESS_KEY_ID:-} ]]; then
  kubectl apply --server-side --force-conflicts --filename - <<SECRET
apiVersion: v1
kind: Secret
metadata:
  name: muster-aws
  namespace: $namespace
  labels:
    app.kubernetes.io/name: muster
data:
  AWS_ACCESS_KEY_ID: $(encode "$AWS_ACCESS_KEY_ID")
  AWS_SECRET_ACCESS_KEY: $(encode "$AWS_SECRET_ACCESS_KEY")
SECRET
fi

role_before=$(current_role)
running_before=$(kubectl --namespace "$namespace" get deployment muster --ignore-not-found --output name)
kubectl apply --filename - <<<"$manifest"
if [[ -n $role && $role != "$role_before" ]]; then
  kubectl --namespace "$namespace" annotate serviceaccount muster --overwrite "eks.amazonaws.com/role-arn=$role"
fi
# A pod takes its credentials when it starts.
if [[ $(current_role) != "$role_before" || -n $running_before && $(secret_version) != "$secret_before" ]]; then
  kubectl --namespace "$namespace" rollout restart deployment/muster
fi

if $wait; then
  kubectl --namespace "$namespace" rollout status deployment/muster --timeout=180s
else
  echo "Applied. To see it start: kubectl --namespace $namespace rollout status deployment/muster"
fi
