package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"

	"k8slblint.dev/render/inflate"
)

// build is what is asked of kustomize: the paths of the files that follow the request, and the folder to build.
type build struct {
	Paths          []string `json:"paths"`
	Folder         string   `json:"folder"`
	IsUnrestricted bool     `json:"unrestricted"`
	HasCharts      bool     `json:"charts"`
}

// built is the answer: what `kustomize build` prints.
type built struct {
	Output string `json:"output"`
}

func (s *server) buildKustomization(asked *request) (answer any) {
	defer func() {
		if why := recover(); why != nil { // whatever state that leaves behind, nobody is to build with it
			_ = s.send(refusal(fmt.Sprint("panic: ", why)))
			os.Exit(0)
		}
	}()
	found, err := newFiles(asked.Build.Paths, asked.files)
	if err != nil {
		return refusal(err.Error())
	}
	if hasSchemas(found) { // they are kept by kustomize for the whole process
		openapi.ResetOpenAPI()
		defer openapi.ResetOpenAPI()
	}
	if asked.Build.HasCharts {
		inflate.Current = &inflator{s, found}
		defer func() { inflate.Current = nil }()
	}
	made, err := krusty.MakeKustomizer(options(asked.Build)).Run(found, filepath.Join(root, filepath.FromSlash(asked.Build.Folder)))
	if err != nil {
		return refusal(err.Error())
	}
	output, err := made.AsYaml()
	if err != nil {
		return refusal(err.Error())
	}
	if len(output) > mostOutput {
		return tooMuchOutput()
	}
	return built{string(output)}
}

// refused is the answer where kustomize builds nothing; its paths start with `root`.
type refused struct {
	Error string `json:"error"`
	Root  string `json:"root"`
}

func refusal(text string) refused { return refused{text, root} }

// options are those of `kustomize build` without any flag but those of the request.
func options(asked build) *krusty.Options {
	chosen := krusty.MakeDefaultOptions()
	chosen.Reorder = krusty.ReorderOptionUnspecified
	chosen.PluginConfig = types.DisabledPluginConfig()
	if asked.IsUnrestricted {
		chosen.LoadRestrictions = types.LoadRestrictionsNone
	}
	if asked.HasCharts {
		chosen.PluginConfig.HelmConfig = types.HelmConfig{Enabled: true, Command: "helm"}
	}
	return chosen
}

func hasSchemas(found *files) bool {
	for path, content := range found.contents {
		if strings.EqualFold(strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".yaml"), ".yml"), "kustomization") && bytes.Contains(content, []byte("openapi")) {
			return true
		}
	}
	return false
}
