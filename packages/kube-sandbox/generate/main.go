// Writes the table of Kubernetes' types. In this folder: go run . > ../src/resources/kubernetes-types.generated.ts
// It reads the tags of Go's structs: .proto files do not say which fields JSON shows in their parent, or keeps when zero.
package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The kinds that a body can hold. Of two types with one name the first keeps it; the second gets its apiVersion before it.
var kinds = []struct {
	apiVersion string
	objects    []any
}{
	{"meta.k8s.io/v1", []any{metav1.DeleteOptions{}}},
	{"v1", []any{corev1.Namespace{}, corev1.Event{}, corev1.ConfigMap{}, corev1.Secret{}, corev1.ServiceAccount{},
		corev1.Service{}, corev1.Node{}, corev1.Pod{}}},
	{"apps/v1", []any{appsv1.Deployment{}, appsv1.ReplicaSet{}, appsv1.StatefulSet{}}},
	{"autoscaling/v1", []any{autoscalingv1.HorizontalPodAutoscaler{}, autoscalingv1.Scale{}}},
	{"autoscaling/v2", []any{autoscalingv2.HorizontalPodAutoscaler{}}},
	{"coordination.k8s.io/v1", []any{coordinationv1.Lease{}}},
	{"events.k8s.io/v1", []any{eventsv1.Event{}}},
	{"policy/v1", []any{policyv1.PodDisruptionBudget{}}},
	{"rbac.authorization.k8s.io/v1", []any{rbacv1.Role{}, rbacv1.RoleBinding{}, rbacv1.ClusterRole{},
		rbacv1.ClusterRoleBinding{}}},
	{"authorization.k8s.io/v1", []any{authorizationv1.SelfSubjectAccessReview{}, authorizationv1.SelfSubjectRulesReview{}}},
}

// The types that JSON shows as something else than an object (SPECIAL_MESSAGES in src/protobuf/read-protobuf.ts).
var special = map[reflect.Type]bool{
	reflect.TypeFor[metav1.Time](): true, reflect.TypeFor[metav1.MicroTime](): true, reflect.TypeFor[metav1.FieldsV1](): true,
	reflect.TypeFor[resource.Quantity](): true, reflect.TypeFor[intstr.IntOrString](): true,
}

var names = map[reflect.Type]string{}
var taken = map[string]bool{}
var number = regexp.MustCompile(`,(\d+),`)
var sentence = regexp.MustCompile(`(?s)^(.*?)(\.\s.*|\.?\s*\n.*)?$`)

func main() {
	fmt.Print("// Written by `go run .` in generate/: do not edit.\n\n" +
		"/** The types of k8s.io/api 0.36 by apiVersion: see kubernetes-types.ts for how this is read. */\n" +
		"export const KUBERNETES_TYPES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {\n")
	for _, kind := range kinds {
		types := map[string][]string{}
		for _, object := range kind.objects {
			t := reflect.TypeOf(object)
			names[t] = kind.apiVersion + "." + t.Name()
			collect(t, kind.apiVersion, types)
		}
		text, err := json.Marshal(types)
		if err != nil {
			panic(err)
		}
		fmt.Printf("  %q: %s,\n", kind.apiVersion, text)
	}
	fmt.Println("};")
}

// Adds a type, its description first and then a text for each field, and the types of its fields that are not known yet.
func collect(t reflect.Type, apiVersion string, types map[string][]string) {
	docs := map[string]string{}
	if documented, ok := reflect.New(t).Elem().Interface().(interface{ SwaggerDoc() map[string]string }); ok {
		docs = documented.SwaggerDoc()
	}
	lines := []string{firstSentence(docs[""])}
	var inner []reflect.Type
	for i := range t.NumField() {
		field := t.Field(i)
		tag := number.FindStringSubmatch(field.Tag.Get("protobuf"))
		if tag == nil {
			continue
		}
		name, rest, _ := strings.Cut(field.Tag.Get("json"), ",")
		doc := firstSentence(docs[name])
		flags := ""
		if name == "" {
			name = "..."
		} else if !strings.Contains(rest, "omit") {
			flags = "*"
		}
		element, shape := field.Type, ""
		if element.Kind() == reflect.Pointer {
			element = element.Elem()
		}
		switch {
		case element.Kind() == reflect.Map:
			element, shape = element.Elem(), "map[]"
		case element.Kind() == reflect.Slice && element.Elem().Kind() != reflect.Uint8:
			element, shape = element.Elem(), "[]"
		}
		message := element.Kind() == reflect.Struct
		if !message && shape == "" && (field.Type.Kind() == reflect.Pointer || !strings.Contains(rest, "omit")) {
			flags += "!"
		}
		if message && names[element] == "" && !special[element] {
			names[element] = element.Name()
			if taken[element.Name()] {
				names[element] = apiVersion + "." + element.Name()
			}
			taken[element.Name()] = true
			inner = append(inner, element)
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s%s %s%s %s", tag[1], name, flags, shape, typeName(element), doc)))
	}
	if len(lines) > 1 {
		types[names[t]] = lines
	}
	for _, element := range inner {
		collect(element, apiVersion, types)
	}
}

func firstSentence(doc string) string {
	first := strings.TrimSuffix(sentence.FindStringSubmatch(strings.TrimSpace(doc))[1], ".")
	if first == "" {
		return ""
	}
	return strings.ReplaceAll(first, "`", "'") + "."
}

func typeName(t reflect.Type) string {
	switch {
	case special[t]:
		return t.Name()
	case t.Kind() == reflect.Struct:
		return names[t]
	case t.Kind() == reflect.Slice:
		return "bytes"
	default:
		return t.Kind().String()
	}
}
