// Package loopback serves charts on this machine for tests: a repository of charts, a registry, and servers that misbehave.
package loopback

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	helm "helm.sh/helm/v4/pkg/registry"
	repo "helm.sh/helm/v4/pkg/repo/v1"
)

// Servers are what was started; CA is the file of the certificate that they show.
type Servers struct {
	Repository string `json:"repository"`
	Other      string `json:"other"`
	Registry   string `json:"registry"`
	CA         string `json:"ca"`
	stop       []func()
}

// Start serves the charts of a folder, which are its `.tgz` files.
//
//	/charts    as a repository does
//	/tampered  archives with one byte more than the index promises
//	/unsigned  the same, and an index without digests
//	/redirect  archives on the other server, by a redirect
//	/plain     archives by a redirect to plain HTTP
//	/large     an archive without end
//	/slow      an index that never comes
//	/broken    an index that is none
func Start(folder string) (*Servers, error) {
	registryServer := httptest.NewTLSServer(registry.New(registry.Logger(log.New(new(bytes.Buffer), "", 0))))
	other := httptest.NewTLSServer(http.StripPrefix("/charts", http.FileServer(http.Dir(folder))))
	mux := http.NewServeMux()
	server := httptest.NewTLSServer(mux)
	servers := &Servers{
		Repository: server.URL,
		Other:      other.URL,
		Registry:   "oci://" + strings.TrimPrefix(registryServer.URL, "https://") + "/charts",
		CA:         filepath.Join(folder, "ca.pem"),
		stop:       []func(){registryServer.Close, other.Close, server.Close},
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(servers.CA, certificate, 0o600); err != nil {
		return nil, err
	}
	if err := servers.behave(mux, folder); err != nil {
		return nil, err
	}
	return servers, servers.push(folder, registryServer.Client())
}

// Stop ends the servers.
func (s *Servers) Stop() {
	for _, stop := range s.stop {
		stop()
	}
}

// behave gives the server its paths.
func (s *Servers) behave(mux *http.ServeMux, folder string) error {
	listed, err := repo.IndexDirectory(folder, "")
	if err != nil {
		return err
	}
	index, err := written(listed)
	if err != nil {
		return err
	}
	for _, versions := range listed.Entries {
		for _, one := range versions {
			one.Digest = ""
		}
	}
	unsigned, err := written(listed)
	if err != nil {
		return err
	}
	archive := func(path string) []byte {
		data, _ := os.ReadFile(filepath.Join(folder, filepath.Base(path)))
		return data
	}
	serve := func(name string, index []byte, rest http.HandlerFunc) {
		mux.HandleFunc("/"+name+"/index.yaml", func(answer http.ResponseWriter, _ *http.Request) { answer.Write(index) })
		mux.HandleFunc("/"+name+"/", rest)
	}
	tampered := func(answer http.ResponseWriter, asked *http.Request) {
		answer.Write(append(archive(asked.URL.Path), 0))
	}
	serve("charts", index, func(answer http.ResponseWriter, asked *http.Request) { answer.Write(archive(asked.URL.Path)) })
	serve("tampered", index, tampered)
	serve("unsigned", unsigned, tampered)
	serve("redirect", index, func(answer http.ResponseWriter, asked *http.Request) {
		http.Redirect(answer, asked, s.Other+"/charts/"+filepath.Base(asked.URL.Path), http.StatusFound)
	})
	serve("plain", index, func(answer http.ResponseWriter, asked *http.Request) {
		http.Redirect(answer, asked, "http://localhost/"+filepath.Base(asked.URL.Path), http.StatusFound)
	})
	serve("large", index, func(answer http.ResponseWriter, _ *http.Request) {
		for zeros := make([]byte, 1<<16); ; {
			if _, err := answer.Write(zeros); err != nil {
				return
			}
		}
	})
	serve("broken", []byte("<html>not found</html>"), http.NotFound)
	mux.HandleFunc("/slow/", func(_ http.ResponseWriter, asked *http.Request) {
		select {
		case <-asked.Context().Done():
		case <-time.After(time.Minute):
		}
	})
	return nil
}

func written(index *repo.IndexFile) ([]byte, error) {
	file, err := os.CreateTemp("", "index-*.yaml")
	if err != nil {
		return nil, err
	}
	file.Close()
	defer os.Remove(file.Name())
	if err := index.WriteFile(file.Name(), 0o600); err != nil {
		return nil, err
	}
	return os.ReadFile(file.Name())
}

// push puts the charts into the registry, as `helm push` does.
func (s *Servers) push(folder string, client *http.Client) error {
	pusher, err := helm.NewClient(helm.ClientOptHTTPClient(client), helm.ClientOptCredentialsFile(filepath.Join(folder, "none.json")))
	if err != nil {
		return err
	}
	archives, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
	if err != nil {
		return err
	}
	for _, path := range archives {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, version := nameAndVersion(path)
		reference := fmt.Sprintf("%s/%s:%s", strings.TrimPrefix(s.Registry, "oci://"), name, version)
		if _, err := pusher.Push(data, reference); err != nil {
			return err
		}
	}
	return nil
}

// nameAndVersion reads the name of an archive as `helm package` writes it: NAME-1.2.3.tgz.
func nameAndVersion(path string) (string, string) {
	stem := strings.TrimSuffix(filepath.Base(path), ".tgz")
	at := strings.LastIndex(stem, "-")
	return stem[:at], stem[at+1:]
}
