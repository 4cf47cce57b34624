package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"k8slblint.dev/render/inflate"
)

const service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer}\n"

// talk serves what was written to it and returns the answers.
func talk(t *testing.T, messages ...[]byte) []map[string]any {
	t.Helper()
	var answers bytes.Buffer
	input, feed := io.Pipe() // it stays open: its end is the end of the program
	s := &server{conversation: newConversation(input, bufio.NewWriter(&answers))}
	go func() { _, _ = feed.Write(bytes.Join(messages, nil)) }()
	for range messages {
		asked, err := s.receive()
		if err != nil {
			t.Fatal(err)
		}
		if asked.Kind == "inflated" || s.send(s.answer(asked)) != nil {
			break
		}
		if strings.Contains(answers.String(), `"output"`) {
			break
		}
	}
	return read(t, &answers)
}

func read(t *testing.T, answers *bytes.Buffer) (found []map[string]any) {
	t.Helper()
	for answers.Len() > 0 {
		var length uint32
		if err := binary.Read(answers, binary.BigEndian, &length); err != nil {
			t.Fatal(err)
		}
		one := map[string]any{}
		if err := json.Unmarshal(answers.Next(int(length)), &one); err != nil {
			t.Fatal(err)
		}
		found = append(found, one)
	}
	return found
}

func message(header map[string]any, files ...[]byte) []byte {
	sizes := []int{}
	for _, file := range files {
		sizes = append(sizes, len(file))
	}
	header["blobs"] = sizes
	text, _ := json.Marshal(header)
	made := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	return append(append(made, text...), bytes.Join(files, nil)...)
}

func kustomization(files map[string]string, charts, unrestricted bool) []byte {
	paths, contents := []string{}, [][]byte{}
	for path, content := range files {
		paths, contents = append(paths, path), append(contents, []byte(content))
	}
	asked := map[string]any{"paths": paths, "folder": "app", "charts": charts, "unrestricted": unrestricted}
	return message(map[string]any{"kind": "kustomize", "seconds": 20, "build": asked}, contents...)
}

func packed(files map[string]string) []byte {
	var archived bytes.Buffer
	zipped := gzip.NewWriter(&archived)
	archive := tar.NewWriter(zipped)
	for path, content := range files {
		_ = archive.WriteHeader(&tar.Header{Name: "chart/" + path, Size: int64(len(content)), Mode: 0o644})
		_, _ = archive.Write([]byte(content))
	}
	_, _ = archive.Close(), zipped.Close()
	return archived.Bytes()
}

func helm(files map[string]string, options map[string]any) []byte {
	files["Chart.yaml"] = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
	release := map[string]any{"name": "r", "namespace": "ns", "values": "{}"}
	for name, value := range options {
		release[name] = value
	}
	return message(map[string]any{"kind": "helm", "seconds": 20, "release": release}, packed(files))
}

func TestRequestsAreAnsweredOneAfterTheOther(t *testing.T) {
	found := talk(t,
		message(map[string]any{"kind": "about"}),
		helm(map[string]string{"templates/a.yaml": "kind: A\nname: {{ .Release.Name }}-{{ .Values.x }}\n"}, map[string]any{"values": `{"x": 1}`}),
		kustomization(map[string]string{"app/kustomization.yaml": `{"resources": ["a.yaml"], "namePrefix": "p-"}`, "app/a.yaml": service}, false, false),
	)
	if len(found) != 3 || !strings.HasPrefix(found[0]["about"].(string), "k8slblint-render ") {
		t.Fatal(found)
	}
	if want := []any{[]any{"web/templates/a.yaml", "kind: A\nname: r-1\n\n"}}; !reflect.DeepEqual(found[1]["texts"], want) {
		t.Error(found[1])
	}
	if output, _ := found[2]["output"].(string); !strings.Contains(output, "name: p-web") {
		t.Error(found[2])
	}
}

func TestHelmPrintsDefinitionsThenObjectsByKindThenHooks(t *testing.T) {
	files := func() map[string]string {
		return map[string]string{
			"crds/c.yaml":           "kind: CRD\n",
			"templates/NOTES.txt":   "notes",
			"templates/_x.tpl":      "nothing",
			"templates/a.yaml":      "kind: Deployment\n---\nkind: Namespace\n",
			"templates/hook.yaml":   "kind: Job\nmetadata: {name: h, annotations: {helm.sh/hook: pre-install}}\n",
			"templates/test.yaml":   "kind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n",
			"templates/unknown.yml": "kind: Pod\nmetadata: {name: u, annotations: {helm.sh/hook: never}}\n",
		}
	}
	cases := map[string][]string{
		"":             {"a.yaml", "a.yaml", "test.yaml", "hook.yaml"},
		"include_crds": {"c.yaml", "a.yaml", "a.yaml", "test.yaml", "hook.yaml"},
		"skip_tests":   {"a.yaml", "a.yaml", "hook.yaml"},
		"no_hooks":     {"a.yaml", "a.yaml"},
	}
	for option, want := range cases {
		found := talk(t, helm(files(), map[string]any{option: true}))
		got := []string{}
		for _, text := range found[0]["texts"].([]any) {
			got = append(got, filepath.Base(text.([]any)[0].(string)))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v", option, got)
		}
	}
}

func TestHelmAsksNobody(t *testing.T) {
	found := talk(t, helm(map[string]string{
		"templates/a.yaml": `a: {{ lookup "v1" "Secret" "x" "y" | toJson }}{{ getHostByName "localhost" }}` + "\n",
	}, nil))
	if want := []any{[]any{"web/templates/a.yaml", "a: {}\n\n"}}; !reflect.DeepEqual(found[0]["texts"], want) {
		t.Error(found[0])
	}
	schema := `{"$ref": "https://example.com/schema.json"}`
	found = talk(t, helm(map[string]string{"values.schema.json": schema, "templates/a.yaml": "a: 1\n"}, nil))
	if text, _ := found[0]["error"].(string); !strings.Contains(text, "asks no servers") {
		t.Error(found[0])
	}
}

func TestKustomizeReadsWhatItWasSentAndNothingElse(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("kind: Secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	up := strings.Repeat("../", 30) + secret
	cases := map[string]string{
		"a file by its path": `{"resources": ["` + secret + `"]}`,
		"a file above":       `{"resources": ["` + up + `"]}`,
		"a generator":        `{"configMapGenerator": [{"name": "a", "files": ["x=` + secret + `"]}]}`,
		"a pattern":          `{"configMapGenerator": [{"name": "a", "files": ["` + filepath.Dir(secret) + `/*"]}]}`,
		"a patch":            `{"resources": ["a.yaml"], "patches": [{"path": "` + secret + `"}]}`,
		"a server":           `{"resources": ["http://127.0.0.1:9/x.yaml"]}`,
		"a repository":       `{"resources": ["https://github.com/a/b//c?ref=v1"]}`,
		"a repository here":  `{"resources": ["file:///tmp//x?ref=--upload-pack=touch"]}`,
		"a program":          `{"resources": ["a.yaml"], "transformers": ["exec.yaml"]}`,
		"a container":        `{"resources": ["a.yaml"], "transformers": ["container.yaml"]}`,
		"a plug-in":          `{"generators": ["plugin.yaml"]}`,
		"a chart":            `{"helmCharts": [{"name": "c"}]}`,
	}
	function := "apiVersion: v1\nkind: Any\nmetadata:\n  name: a\n  annotations:\n    config.kubernetes.io/function: '{%s}'\n"
	for name, text := range cases {
		for _, unrestricted := range []bool{false, true} {
			found := talk(t, kustomization(map[string]string{
				"app/kustomization.yaml": text,
				"app/a.yaml":             service,
				"app/exec.yaml":          strings.Replace(function, "%s", "exec: {path: /bin/true}", 1),
				"app/container.yaml":     strings.Replace(function, "%s", "container: {image: x}", 1),
				"app/plugin.yaml":        "apiVersion: example.com/v1\nkind: Plugin\nmetadata: {name: a}\n",
			}, false, unrestricted))
			if _, isRefused := found[0]["error"]; !isRefused {
				t.Errorf("%s: %v", name, found[0])
			}
		}
	}
}

func TestNoVariableOfTheEnvironmentIsTold(t *testing.T) {
	found := talk(t, helm(map[string]string{"templates/a.yaml": `a: {{ env "HOME" }}` + "\n"}, nil))
	if text, _ := found[0]["error"].(string); !strings.Contains(text, `function "env" not defined`) {
		t.Error(found[0])
	}
}

func TestAChartOfAKustomizationIsAskedForAndRenderedHere(t *testing.T) {
	var answers bytes.Buffer
	input, feed := io.Pipe()
	s := &server{conversation: newConversation(input, bufio.NewWriter(&answers))}
	files := map[string]string{
		"app/kustomization.yaml":   `{"helmCharts": [{"name": "c", "releaseName": "r", "valuesInline": {"x": 2}, "namespace": "n"}], "namePrefix": "p-"}`,
		"app/charts/c/values.yaml": "x: 1\ny: 1\n",
	}
	go func() {
		_, _ = feed.Write(kustomization(files, true, false))
		_, _ = feed.Write(helm(map[string]string{"templates/a.yaml": "kind: A\n"}, nil))
		_, _ = feed.Write(message(map[string]any{"kind": "inflated"}, []byte(service)))
	}()
	asked, err := s.receive()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.send(s.answer(asked)); err != nil {
		t.Fatal(err)
	}
	found := read(t, &answers)
	if len(found) != 3 {
		t.Fatal(found)
	}
	want := map[string]any{"release": "r", "chart": "app/charts/c", "options": []any{[]any{"--namespace", "n"}, []any{"-f", "x: 2\n\"y\": 1\n"}}}
	if !reflect.DeepEqual(found[0]["ask"], want) {
		t.Error(found[0])
	}
	if _, isRendered := found[1]["texts"]; !isRendered {
		t.Error(found[1])
	}
	if output, _ := found[2]["output"].(string); !strings.Contains(output, "name: p-web") {
		t.Error(found[2])
	}
	if inflate.Current != nil {
		t.Error("the inflator outlives its kustomization")
	}
}

func TestASchemaOfOneKustomizationIsForgottenForTheNext(t *testing.T) {
	plain := map[string]string{
		"app/kustomization.yaml": `{"resources": ["a.yaml"], "patches": [{"path": "p.yaml"}]}`,
		"app/a.yaml":             "apiVersion: example.com/v1\nkind: Own\nmetadata: {name: a}\nspec: {list: [{name: x, v: 1}, {name: y}]}\n",
		"app/p.yaml":             "apiVersion: example.com/v1\nkind: Own\nmetadata: {name: a}\nspec: {list: [{name: x, v: 2}]}\n",
	}
	schema := `{"definitions": {"v1.Own": {"properties": {"spec": {"properties": {"list": {"type": "array", "items": {"type": "object"},
		"x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"}}}},
		"x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Own"}]}}}`
	own := map[string]string{"app/schema.json": schema}
	for path, content := range plain {
		own[path] = content
	}
	own["app/kustomization.yaml"] = `{"openapi": {"path": "schema.json"}, "resources": ["a.yaml"], "patches": [{"path": "p.yaml"}]}`
	build := func(files map[string]string) string {
		output, _ := talk(t, kustomization(files, false, false))[0]["output"].(string)
		return output
	}
	before, with, after := build(plain), build(own), build(plain)
	if !strings.Contains(with, "name: \"y\"") || strings.Contains(before, "name: \"y\"") || before != after {
		t.Errorf("before:\n%s\nwith the schema:\n%s\nafter:\n%s", before, with, after)
	}
}

func TestErrorsReadLikeThoseOfADisk(t *testing.T) {
	f, err := newFiles([]string{"app/a.yaml"}, [][]byte{[]byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"app/none/b":   "evalsymlink failure on 'app/none/b' : lstat " + filepath.Join(root, "app/none") + ": no such file or directory",
		"app/a.yaml/b": "evalsymlink failure on 'app/a.yaml/b' : not a directory",
	}
	for path, want := range cases {
		if _, _, err := f.CleanedAbs(path); err == nil || err.Error() != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := f.ReadFile("app"); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Error(err)
	}
	if _, err := newFiles([]string{"../a"}, [][]byte{nil}); err == nil {
		t.Error("a path leads out of the files")
	}
}

func TestWhatIsNoMessageEndsTheConversation(t *testing.T) {
	for name, sent := range map[string][]byte{
		"text":     []byte("hello, is there anybody?"),
		"a length": {0xff, 0xff, 0xff, 0xff},
		"no JSON":  {0, 0, 0, 1, '{'},
		"a size":   message(map[string]any{"kind": "about"})[:0],
	} {
		if name == "a size" {
			text := []byte(`{"blobs": [-1]}`)
			sent = append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
		}
		if _, err := readRequest(bytes.NewReader(sent)); err != errNoMessage {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two objects of one identity are refused with the same words, however many are put together at a time.
func TestAnObjectThatIsThereTwiceIsRefused(t *testing.T) {
	many, other := "", ""
	for _, name := range strings.Fields("a b c d e f g h i j k l") {
		many += strings.ReplaceAll(service, "web", name) + "---\n"
		other += strings.ReplaceAll(service, "web}", name+", namespace: other}") + "---\n"
	}
	base := "resources: [a.yaml]\n"
	for _, last := range []string{"j", "j, namespace: default"} {
		for _, more := range []string{"", other} {
			files := map[string]string{
				"app/kustomization.yaml":  "resources: [../base, ../more]\n",
				"base/kustomization.yaml": base,
				"base/a.yaml":             many,
				"more/kustomization.yaml": base,
				"more/a.yaml":             more + strings.ReplaceAll(service, "web", last),
			}
			answers := talk(t, kustomization(files, false, false))
			text, _ := answers[0]["error"].(string)
			if want := "may not add resource with an already registered id: Service.v1.[noGrp]/j."; !strings.Contains(text, want) {
				t.Errorf("%s: %s", last, text)
			}
		}
	}
	answers := talk(t, kustomization(map[string]string{
		"app/kustomization.yaml":  "resources: [../base, ../more]\n",
		"base/kustomization.yaml": base,
		"base/a.yaml":             many,
		"more/kustomization.yaml": base,
		"more/a.yaml":             other,
	}, false, false))
	if output, _ := answers[0]["output"].(string); strings.Count(output, "kind: Service") != 24 {
		t.Error(answers[0])
	}
}
