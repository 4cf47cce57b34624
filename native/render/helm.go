package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	releases "helm.sh/helm/v4/pkg/release/v1"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
)

// release is what is asked of Helm, in the words of `helm template`: the archive of the chart follows the request.
type release struct {
	Name        string   `json:"name"`
	Namespace   string   `json:"namespace"`
	Values      string   `json:"values"`
	KubeVersion string   `json:"kube_version"`
	APIVersions []string `json:"api_versions"`
	IncludeCRDs bool     `json:"include_crds"`
	SkipTests   bool     `json:"skip_tests"`
	NoHooks     bool     `json:"no_hooks"`
}

// printed is the answer: what `helm template` prints, pairs of a template and a text.
type printed struct {
	Texts [][2]string `json:"texts"`
}

var errTooMuch = errors.New("too much output")

func init() { slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil))) }

func renderChart(asked *request) any {
	if len(asked.files) != 1 {
		return failure(errNoMessage.Error())
	}
	texts, err := template(asked.files[0], asked.Release)
	if errors.Is(err, errTooMuch) {
		return tooMuchOutput()
	}
	if err != nil {
		return failure(err.Error())
	}
	return printed{texts}
}

// template does what `helm template` does. Source: Helm 4.2, pkg/action/install.go (RunWithContext), pkg/action/action.go
// (renderResources), pkg/cmd/template.go (newTemplateCmd).
func template(archive []byte, asked release) ([][2]string, error) {
	loaded, err := loader.LoadArchive(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	values, err := loader.LoadValues(strings.NewReader(asked.Values))
	if err != nil {
		return nil, err
	}
	if err := chartutil.ProcessDependencies(loaded, values); err != nil {
		return nil, fmt.Errorf("chart dependencies processing failed: %w", err)
	}
	capabilities, err := capabilitiesOf(asked)
	if err != nil {
		return nil, err
	}
	options := common.ReleaseOptions{Name: asked.Name, Namespace: asked.Namespace, Revision: 1, IsInstall: true}
	given, err := util.ToRenderValues(loaded, values, options, capabilities)
	if err != nil {
		return nil, err
	}
	made, err := engine.Engine{}.Render(loaded, given)
	if err != nil {
		return nil, err
	}
	if isTooMuch(loaded, made, asked) {
		return nil, errTooMuch
	}
	return inOrder(loaded, made, asked)
}

// isTooMuch tells whether more would be printed than may be: what was rendered has yet to be parsed, which takes longer than to render it.
func isTooMuch(loaded *chart.Chart, made map[string]string, asked release) bool {
	size := 0
	for path, text := range made {
		size += len(path) + len(text)
	}
	if asked.IncludeCRDs {
		for _, one := range loaded.CRDObjects() {
			size += len(one.Filename) + len(one.File.Data)
		}
	}
	return size > mostOutput
}

func capabilitiesOf(asked release) (*common.Capabilities, error) {
	capabilities := common.DefaultCapabilities.Copy()
	if asked.KubeVersion != "" {
		parsed, err := common.ParseKubeVersion(asked.KubeVersion)
		if err != nil {
			return nil, fmt.Errorf("invalid kube version '%s': %w", asked.KubeVersion, err)
		}
		capabilities.KubeVersion = *parsed
	}
	known := capabilities.APIVersions
	capabilities.APIVersions = append(known[:len(known):len(known)], asked.APIVersions...)
	return capabilities, nil
}

// inOrder returns what is printed of the templates: definitions, then objects by kind, then hooks.
func inOrder(loaded *chart.Chart, made map[string]string, asked release) ([][2]string, error) {
	for path := range made {
		if strings.HasSuffix(path, "NOTES.txt") {
			delete(made, path)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(made, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, err
	}
	texts := [][2]string{}
	if asked.IncludeCRDs {
		for _, one := range loaded.CRDObjects() {
			texts = append(texts, [2]string{one.Filename, string(one.File.Data) + "\n"})
		}
	}
	for _, one := range manifests {
		texts = append(texts, [2]string{one.Name, one.Content + "\n"})
	}
	for _, hook := range hooks {
		if !asked.NoHooks && !(asked.SkipTests && isTest(hook)) {
			texts = append(texts, [2]string{hook.Path, hook.Manifest + "\n"})
		}
	}
	return texts, nil
}

func isTest(hook *releases.Hook) bool {
	for _, event := range hook.Events {
		if event == releases.HookTest {
			return true
		}
	}
	return false
}
