package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8slblint.dev/fetch/loopback"
)

var servers *loopback.Servers

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "fetch-")
	if err != nil {
		panic(err)
	}
	for _, version := range []string{"1.0.0", "1.2.0", "2.0.0"} {
		if err := os.WriteFile(filepath.Join(folder, "web-"+version+".tgz"), archive("web", version), 0o600); err != nil {
			panic(err)
		}
	}
	servers, err = loopback.Start(folder)
	if err != nil {
		panic(err)
	}
	os.Setenv("SSL_CERT_FILE", servers.CA)
	for _, name := range []string{"HELM_CONFIG_HOME", "HELM_CACHE_HOME", "HOME"} {
		os.Setenv(name, filepath.Join(folder, "home"))
	}
	status := m.Run()
	servers.Stop()
	os.RemoveAll(folder)
	os.Exit(status)
}

func archive(name, version string) []byte {
	var into bytes.Buffer
	packed := gzip.NewWriter(&into)
	files := tar.NewWriter(packed)
	text := "apiVersion: v2\nname: " + name + "\nversion: " + version + "\n"
	files.WriteHeader(&tar.Header{Name: name + "/Chart.yaml", Mode: 0o644, Size: int64(len(text))})
	files.Write([]byte(text))
	files.Close()
	packed.Close()
	return into.Bytes()
}

// ask sends one request, and returns the answers and the folder of the archives.
func ask(t *testing.T, seconds float64, most int64, charts ...chart) ([]answer, string) {
	t.Helper()
	folder := t.TempDir()
	asked, err := json.Marshal(request{Charts: charts, Seconds: seconds, MaxBytes: most})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := serve(bytes.NewReader(asked), &out, folder); err != nil {
		t.Fatal(err)
	}
	var answers []answer
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var one answer
		if err := decoder.Decode(&one); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, one)
	}
	return answers, folder
}

func TestChartsComeFromRepositoriesAndRegistries(t *testing.T) {
	for asked, wanted := range map[string]string{"1.0.0": "1.0.0", "^1.0.0": "1.2.0", "": "2.0.0", ">=1.1 <2": "1.2.0"} {
		for _, from := range []string{servers.Repository + "/charts", servers.Registry} {
			answers, folder := ask(t, 20, 1<<20, chart{Repository: from, Name: "web", Version: asked})
			if answers[0].Error != "" || answers[0].Version != wanted {
				t.Fatalf("%s %q: %+v", from, asked, answers[0])
			}
			data, err := os.ReadFile(filepath.Join(folder, answers[0].File))
			if err != nil || digestOf(data) != answers[0].Digest || !bytes.Equal(data, archive("web", wanted)) {
				t.Fatalf("%s %q: another archive", from, asked)
			}
		}
	}
}

func TestWhatIsWrongIsSaidAndTheOthersAreFetched(t *testing.T) {
	good := chart{Repository: servers.Repository + "/charts", Name: "web", Version: "1.0.0"}
	digest := digestOf(archive("web", "1.0.0"))
	for name, one := range map[string]struct {
		chart
		says string
	}{
		"tampered":  {chart{servers.Repository + "/tampered", "web", "1.0.0", ""}, "and the index of the repository says sha256:"},
		"unsigned":  {chart{servers.Repository + "/unsigned", "web", "1.0.0", digest}, "and " + digest + " was expected"},
		"redirect":  {chart{servers.Repository + "/redirect", "web", "1.0.0", ""}, "which only this network has and the repository does not name"},
		"plain":     {chart{servers.Repository + "/plain", "web", "1.0.0", ""}, "localhost: plain HTTP is not used"},
		"large":     {chart{servers.Repository + "/large", "web", "1.0.0", ""}, "it is larger than allowed"},
		"slow":      {chart{servers.Repository + "/slow", "web", "1.0.0", ""}, "the server took too long"},
		"broken":    {chart{servers.Repository + "/broken", "web", "1.0.0", ""}, "the index of the repository cannot be read"},
		"no server": {chart{"https://127.0.0.1:1/charts", "web", "1.0.0", ""}, "connection refused"},
		"absent":    {chart{servers.Repository + "/charts", "none", "1.0.0", ""}, `the repository has no version "1.0.0" of the chart`},
		"version":   {chart{servers.Repository + "/charts", "web", "9.0.0", ""}, `the repository has no version "9.0.0" of the chart`},
		"tag":       {chart{servers.Registry, "web", "9.9.9", ""}, "not found"},
		"range":     {chart{servers.Registry, "web", ">9", ""}, `the registry has no version ">9" of the chart`},
		"http":      {chart{"http://localhost/charts", "web", "1.0.0", ""}, "only https:// and oci:// are used, not http://"},
		"file":      {chart{"file:///etc", "web", "1.0.0", ""}, "the address of the repository is not a URL"},
		"metadata":  {chart{"https://169.254.169.254/charts", "web", "1.0.0", ""}, "169.254.169.254 is not the address of a chart repository"},
		"registry":  {chart{"oci://169.254.169.254/charts", "web", "1.0.0", ""}, "169.254.169.254 is not the address of a chart repository"},
		"argument":  {chart{"--help", "web", "1.0.0", ""}, "the address of the repository is not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			answers, folder := ask(t, 2, 1<<20, one.chart, good)
			if !strings.Contains(answers[0].Error, one.says) {
				t.Errorf("%+v", answers[0])
			}
			if answers[1].Error != "" || answers[1].Digest != digest {
				t.Errorf("the other one: %+v", answers[1])
			}
			if files, _ := os.ReadDir(folder); len(files) != 1 {
				t.Errorf("%d files are left", len(files))
			}
		})
	}
}

func TestCredentialsAreThoseOfTheConfigurationOfHelmAndStayWithTheirRepository(t *testing.T) {
	config := filepath.Join(t.TempDir(), "repositories.yaml")
	t.Setenv("HELM_REPOSITORY_CONFIG", config)
	text := "apiVersion: v1\nrepositories:\n- name: ours\n  url: https://charts.example.com/a/\n  username: me\n  password: secret\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if entry := configured("https://charts.example.com/a"); entry.Username != "me" || entry.PassCredentialsAll {
		t.Errorf("%+v", entry)
	}
	if entry := configured("https://charts.example.com/b"); entry.Username != "" {
		t.Errorf("%+v", entry)
	}
}

func TestAProxyOfTheUserIsTheOnlyHostThatIsSpokenToWithoutEncryption(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	answers, _ := ask(t, 2, 1<<20, chart{Repository: "https://charts.example.com", Name: "web", Version: "1.0.0"})
	if !strings.Contains(answers[0].Error, "proxyconnect") {
		t.Errorf("%+v", answers[0])
	}
}

func TestTimeIsThatOfEachChart(t *testing.T) {
	start := time.Now()
	answers, _ := ask(t, 0.5, 1<<20, chart{Repository: servers.Repository + "/slow", Name: "web"}, chart{Repository: servers.Repository + "/slow/a", Name: "web"})
	if len(answers) != 2 || answers[0].Error == "" || answers[1].Error == "" || time.Since(start) > 30*time.Second {
		t.Errorf("%+v", answers)
	}
}
