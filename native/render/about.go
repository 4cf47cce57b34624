package main

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// libraries are those whose versions decide what is rendered.
var libraries = map[string]string{"helm.sh/helm/v4": "helm", "sigs.k8s.io/kustomize/api": "kustomize/api"}

// about names this program and what it renders with.
func about() string {
	words := []string{"k8slblint-render " + version}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if name, isNamed := libraries[module.Path]; isNamed {
				words = append(words, name+" "+module.Version)
			}
		}
	}
	return strings.Join(append(words, runtime.Version()), ", ")
}
