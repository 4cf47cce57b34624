// Command k8slblint-fetch fetches charts for k8slblint, through the client of Helm.
//
// It reads one request from its standard input, writes each archive into the folder of its argument, and prints one answer a line, in the
// order of the charts. It is the only program of k8slblint that uses the network, and is started only where the user asked for charts.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// version is that of k8slblint-fetch, set by the linker.
var version = "0"

// chart is what is asked for. An empty version is the newest; Digest, where there is one, is what the archive must have.
type chart struct {
	Repository string `json:"repository"`
	Name       string `json:"name"`
	Version    string `json:"version"`
	Digest     string `json:"digest"`
}

// request is what arrives: the charts, and what each of them may take.
type request struct {
	Charts   []chart `json:"charts"`
	Seconds  float64 `json:"seconds"`
	MaxBytes int64   `json:"max_bytes"`
}

// answer is what became of a chart: its version, the digest of its archive and the file's name, or why there is none.
type answer struct {
	Version string `json:"version,omitempty"`
	Digest  string `json:"digest,omitempty"`
	File    string `json:"file,omitempty"`
	Error   string `json:"error,omitempty"`
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println(version)
		return
	}
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: k8slblint-fetch FOLDER < REQUEST")
		os.Exit(2)
	}
	log.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if err := serve(os.Stdin, os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "k8slblint-fetch:", err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer, folder string) error {
	var asked request
	if err := json.NewDecoder(in).Decode(&asked); err != nil {
		return err
	}
	answers := json.NewEncoder(out)
	indexes := map[string]*index{}
	for _, one := range asked.Charts {
		limits := limits{bytes: asked.MaxBytes, until: time.Now().Add(time.Duration(asked.Seconds * float64(time.Second)))}
		if err := answers.Encode(fetched(one, limits, folder, indexes)); err != nil {
			return err
		}
	}
	return nil
}

// fetched fetches one chart, checks its digest and writes it into the folder.
func fetched(asked chart, limits limits, folder string, indexes map[string]*index) answer {
	found, data, err := download(asked, limits, indexes)
	if err != nil {
		return answer{Error: sentence(err)}
	}
	digest := digestOf(data)
	if asked.Digest != "" && digest != asked.Digest {
		return answer{Error: fmt.Sprintf("the archive has the digest %s, and %s was expected", digest, asked.Digest)}
	}
	name := digest[len("sha256:"):] + ".tgz"
	if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
		return answer{Error: "the archive cannot be written: " + sentence(err)}
	}
	return answer{Version: found, Digest: digest, File: name}
}
