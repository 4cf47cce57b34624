package main

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/cli"
	"helm.sh/helm/v4/pkg/getter"
	"helm.sh/helm/v4/pkg/registry"
	repo "helm.sh/helm/v4/pkg/repo/v1"
)

// index is that of a repository, or why there is none; it is read once for all charts of a request.
type index struct {
	file *repo.IndexFile
	err  error
}

// download returns the version and the archive of a chart.
func download(asked chart, limits limits, indexes map[string]*index) (string, []byte, error) {
	address, err := url.Parse(asked.Repository)
	if err != nil || address.Host == "" {
		return "", nil, errors.New("the address of the repository is not a URL")
	}
	switch address.Scheme {
	case "oci":
		return fromRegistry(asked, address, limits)
	case "https":
		return fromRepository(asked, address, limits, indexes)
	default:
		return "", nil, fmt.Errorf("only https:// and oci:// are used, not %s://", address.Scheme)
	}
}

// fromRepository fetches a chart that the index of a repository lists.
func fromRepository(asked chart, address *url.URL, limits limits, indexes map[string]*index) (string, []byte, error) {
	entry := configured(asked.Repository)
	config, err := tlsConfig(entry)
	if err != nil {
		return "", nil, err
	}
	network := newNetwork(address, limits, config)
	client, err := getter.NewHTTPGetter(
		getter.WithTransport(network.transport()),
		getter.WithTimeout(time.Until(limits.until)),
		getter.WithURL(asked.Repository),
		getter.WithBasicAuth(entry.Username, entry.Password),
		getter.WithPassCredentialsAll(entry.PassCredentialsAll),
	)
	if err != nil {
		return "", nil, err
	}
	if indexes[asked.Repository] == nil {
		indexes[asked.Repository] = readIndex(client, asked.Repository)
	}
	listed := indexes[asked.Repository]
	if listed.err != nil {
		return "", nil, listed.err
	}
	found, err := listed.file.Get(asked.Name, asked.Version)
	if err != nil || len(found.URLs) == 0 {
		return "", nil, fmt.Errorf("the repository has no version %q of the chart", asked.Version)
	}
	from, err := repo.ResolveReferenceURL(asked.Repository, found.URLs[0])
	if err != nil {
		return "", nil, err
	}
	if strings.HasPrefix(from, "oci://") {
		return "", nil, errors.New("the index leads to a registry: name that as the repository")
	}
	network.left = limits.bytes
	data, err := client.Get(from)
	if err != nil {
		return "", nil, err
	}
	if promised := strings.TrimPrefix(found.Digest, "sha256:"); promised != "" && "sha256:"+promised != digestOf(data.Bytes()) {
		return "", nil, fmt.Errorf("the archive has the digest %s, and the index of the repository says sha256:%s", digestOf(data.Bytes()), promised)
	}
	return found.Version, data.Bytes(), nil
}

// readIndex fetches the index of a repository. Helm reads it from a file.
func readIndex(client getter.Getter, repository string) *index {
	from, err := repo.ResolveReferenceURL(repository, "index.yaml")
	if err != nil {
		return &index{err: err}
	}
	data, err := client.Get(from)
	if err != nil {
		return &index{err: err}
	}
	file, err := os.CreateTemp("", "index-*.yaml")
	if err != nil {
		return &index{err: err}
	}
	defer os.Remove(file.Name())
	_, err = file.Write(data.Bytes())
	if closed := file.Close(); err != nil || closed != nil {
		return &index{err: errors.New("the index of the repository cannot be kept")}
	}
	listed, err := repo.LoadIndexFile(file.Name())
	if err != nil {
		return &index{err: errors.New("the index of the repository cannot be read")}
	}
	listed.SortEntries()
	return &index{file: listed}
}

// fromRegistry fetches a chart from a registry of OCI artifacts.
func fromRegistry(asked chart, address *url.URL, limits limits) (string, []byte, error) {
	reference := strings.TrimSuffix(address.Host+address.Path, "/") + "/" + asked.Name
	network := newNetwork(&url.URL{Scheme: "https", Host: address.Host}, limits, &tls.Config{MinVersion: tls.VersionTLS12})
	client, err := registry.NewClient(
		registry.ClientOptHTTPClient(network.client()),
		registry.ClientOptCredentialsFile(cli.New().RegistryConfig),
		registry.ClientOptEnableCache(true),
	)
	if err != nil {
		return "", nil, err
	}
	tag := asked.Version
	if isRange(tag) {
		tags, err := client.Tags(reference)
		if err != nil {
			return "", nil, err
		}
		if tag, err = registry.GetTagMatchingVersionOrConstraint(tags, asked.Version); err != nil {
			return "", nil, fmt.Errorf("the registry has no version %q of the chart", asked.Version)
		}
	}
	pulled, err := client.Pull(reference + ":" + strings.ReplaceAll(tag, "+", "_"))
	if err != nil {
		return "", nil, err
	}
	return pulled.Chart.Meta.Version, pulled.Chart.Data, nil
}

// isRange tells whether a version has to be looked for: all that is not written as major, minor and patch.
func isRange(version string) bool {
	return version == "" || strings.ContainsAny(version, "<>=^~*xX| ,") || strings.Count(version, ".") < 2
}

// configured returns what the user's configuration of Helm says about a repository, with the same address.
func configured(address string) *repo.Entry {
	file, err := repo.LoadFile(cli.New().RepositoryConfig)
	if err == nil {
		for _, entry := range file.Repositories {
			if strings.TrimSuffix(entry.URL, "/") == strings.TrimSuffix(address, "/") {
				return entry
			}
		}
	}
	return &repo.Entry{URL: address}
}

func tlsConfig(entry *repo.Entry) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if entry.CAFile != "" {
		pem, err := os.ReadFile(entry.CAFile)
		config.RootCAs = x509.NewCertPool()
		if err != nil || !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("the `caFile` that Helm's configuration names for it cannot be read")
		}
	}
	if entry.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(entry.CertFile, entry.KeyFile)
		if err != nil {
			return nil, errors.New("the `certFile` that Helm's configuration names for it cannot be read")
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// sentence returns what a person reads of an error: no address of a request, which may hold what is secret, and one line.
func sentence(err error) string {
	var timeout net.Error
	var named *net.DNSError
	switch {
	case errors.Is(err, errTooLarge):
		return errTooLarge.Error()
	case errors.As(err, &named):
		return "the host " + named.Name + " is not known"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "the server took too long"
	}
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	if len(line) > 300 {
		line = line[:300] + " ..."
	}
	return line
}
