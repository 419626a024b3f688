{{- define "muster.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for the longest name that is made of it. */}}
{{- define "muster.fullname" -}}
{{- $name := include "muster.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
{{- end -}}

{{- define "muster.selectorLabels" -}}
app.kubernetes.io/name: {{ include "muster.name" . }}
{{- if .Values.selectByInstance }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- end -}}

{{- define "muster.labels" -}}
app.kubernetes.io/name: {{ include "muster.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "muster.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "muster.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "muster.image" -}}
{{- $global := .Values.global | default dict -}}
{{- $registry := coalesce .Values.image.registry $global.imageRegistry -}}
{{- $name := ternary (printf "%s/%s" $registry .Values.image.repository) .Values.image.repository (not (empty $registry)) -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $name .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "muster.port" -}}
{{- regexFind "[0-9]+$" (default ":8787" .Values.flags.metricsPort) -}}
{{- end -}}

{{/* The Lease's namespace and name. */}}
{{- define "muster.leaseNamespace" -}}
{{- default .Release.Namespace .Values.flags.leaseNamespace -}}
{{- end -}}
{{- define "muster.leaseName" -}}
{{- default (include "muster.fullname" .) .Values.flags.leaseName -}}
{{- end -}}

{{/* A flag's value as text: numbers without an exponent. */}}
{{- define "muster.text" -}}
{{- ternary . (toJson .) (kindIs "string" .) | toYaml -}}
{{- end -}}

{{- define "muster.subject" -}}
- kind: ServiceAccount
  name: {{ include "muster.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* Gives the service account rules: (list root name rules namespaces). No namespaces: in the whole cluster. */}}
{{- define "muster.grant" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $rules := index . 2 -}}
{{- $namespaces := index . 3 -}}
{{- $kind := ternary "Role" "ClusterRole" (not (empty $namespaces)) -}}
{{- range $index, $namespace := default (list "") $namespaces }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ $name }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "muster.labels" $root | nindent 4 }}
rules:
  {{- $rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ $name }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "muster.labels" $root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ $name }}
subjects:
  {{- include "muster.subject" $root | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The namespaces of an optional role, as JSON: its own, else the one that is watched, else none, which means all. */}}
{{- define "muster.namespaces" -}}
{{- $root := index . 0 -}}
{{- $own := index . 1 -}}
{{- if $own }}{{ toJson $own }}{{ else if $root.Values.flags.namespace }}{{ toJson (list $root.Values.flags.namespace) }}{{ else }}[]{{ end -}}
{{- end -}}

{{/* Metrics endpoint settings that ServiceMonitor and PodMonitor share. */}}
{{- define "muster.endpoint" -}}
- port: http
  path: /metrics
  interval: {{ .interval }}
  {{- with .scrapeTimeout }}
  scrapeTimeout: {{ . }}
  {{- end }}
  # The namespace of an autoscaler stays its own, and is not taken for that of Muster's pods.
  honorLabels: true
  {{- with .relabelings }}
  relabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .metricRelabelings }}
  metricRelabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
