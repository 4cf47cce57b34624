package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"k8slblint.dev/render/inflate"
)

// call is what kustomize asks of Helm: the options in order, each with its value, where that of `-f` is the text of the file.
type call struct {
	Release string      `json:"release"`
	Chart   string      `json:"chart"`
	Options [][2]string `json:"options"`
}

// asking is the message in which the caller is asked for what a chart of a kustomization prints.
type asking struct {
	Ask call `json:"ask"`
}

var errRefused = errors.New("the chart was not rendered")

// waiting is how many seconds the caller may take to answer: it reads the chart first, and has it rendered within bounds of its own.
const waiting = 600

var withValue = map[string]bool{"--namespace": true, "--name-template": true, "--api-versions": true, "--kube-version": true, "-f": true}

// inflator has the caller answer for Helm, who knows the charts, and asks this very process to render them: until it has answered,
// its requests are served in between.
type inflator struct {
	server *server
	files  *files
}

// HasFolder tells whether there is such a folder in the files of the kustomization.
func (i *inflator) HasFolder(path string) bool { return i.files.IsDir(path) }

// Helm answers like the program of that name.
func (i *inflator) Helm(args []string, written inflate.Files) ([]byte, error) {
	if len(args) > 0 && args[0] == "version" {
		return []byte("v4.0.0\n"), nil
	}
	if len(args) < 3 || args[0] != "template" {
		return nil, errRefused
	}
	made, err := i.read(args[1:], written)
	if err != nil {
		return nil, err
	}
	if err := i.server.send(asking{made}); err != nil {
		return nil, err
	}
	defer i.server.clock.start(waiting)()
	return i.await()
}

func (i *inflator) await() ([]byte, error) {
	for {
		next, err := i.server.receive()
		if err != nil {
			return nil, err
		}
		if next.Kind == "inflated" {
			if next.Refused || len(next.files) != 1 {
				return nil, errRefused
			}
			return next.files[0], nil
		}
		if next.Kind != "helm" {
			return nil, errNoMessage
		}
		if err := i.server.send(i.server.answer(next)); err != nil {
			return nil, err
		}
	}
}

func (i *inflator) read(args []string, written inflate.Files) (call, error) {
	chart, err := filepath.Rel(root, args[1])
	if err != nil {
		return call{}, err
	}
	made := call{Release: args[0], Chart: filepath.ToSlash(chart), Options: [][2]string{}}
	for rest := args[2:]; len(rest) > 0; {
		option, value := rest[0], ""
		rest = rest[1:]
		if withValue[option] && len(rest) > 0 {
			value, rest = rest[0], rest[1:]
		}
		if option == "-f" {
			text, err := i.text(value, written)
			if err != nil {
				return call{}, err
			}
			value = text
		}
		made.Options = append(made.Options, [2]string{option, value})
	}
	return made, nil
}

func (i *inflator) text(path string, written inflate.Files) (string, error) {
	if content, isWritten := written[path]; isWritten {
		return string(content), nil
	}
	content, err := i.files.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("values: %w", err)
	}
	return string(content), nil
}
