{{- define "diagnose.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "diagnose.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "diagnose.labels" -}}
{{ include "diagnose.selectorLabels" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "diagnose.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "diagnose.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "diagnose.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- with .Values.clusterName }}{{ $_ := set $config "cluster_name" . }}{{ end -}}
{{- with .Values.sinks }}{{ $_ := set $config "sinks" . }}{{ end -}}
{{- with .Values.prometheus }}{{ $_ := set $config "prometheus" . }}{{ end -}}
{{- toYaml $config -}}
{{- end -}}
