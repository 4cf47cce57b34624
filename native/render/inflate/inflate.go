// Package inflate is where kustomize, as it is built into this program, asks for what Helm makes of a chart.
package inflate

import (
	"errors"
	"path/filepath"
)

// Files are what kustomize would have written for Helm, by path.
type Files map[string][]byte

// Inflator answers for Helm while one kustomization is built.
type Inflator interface {
	// Helm returns what `helm` would print for the arguments.
	Helm(args []string, written Files) ([]byte, error)
	// HasFolder tells whether there is a folder of this path.
	HasFolder(path string) bool
}

// IsLinked tells that kustomize is built in with the change that asks here, and starts nothing.
var IsLinked bool

// Folder is where kustomize believes to write.
var Folder = filepath.Join(string(filepath.Separator), "kustomize-helm")

// Current is asked; without one every chart is refused.
var Current Inflator

// Helm asks the current inflator.
func Helm(args []string, written Files) ([]byte, error) {
	if Current == nil {
		return nil, errors.New("charts are not inflated")
	}
	return Current.Helm(args, written)
}

// HasFolder asks the current inflator.
func HasFolder(path string) bool { return Current != nil && Current.HasFolder(path) }
