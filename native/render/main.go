// Command k8slblint-render renders charts and kustomizations for k8slblint.
//
// It answers requests on its standard input, one after the other, with what Helm and kustomize make of the bytes that came with them.
// It reads no file, starts no program and asks no server: see README.md for how that is held.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"

	"k8slblint.dev/render/inflate"
)

// version is that of k8slblint-render, set by the linker.
var version = "0"

func main() {
	if !inflate.IsLinked {
		fmt.Fprintln(os.Stderr, "k8slblint-render: built without its overlay; use tools/build_render.py")
		os.Exit(2)
	}
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println(about())
		return
	}
	answers := os.Stdout
	silence()
	collectSeldom()
	conversation := newConversation(os.Stdin, bufio.NewWriterSize(answers, 1<<16))
	if err := (&server{conversation: conversation}).serve(); err != nil {
		fmt.Fprintln(os.Stderr, "k8slblint-render:", err)
		os.Exit(1)
	}
}

// silence keeps what libraries print for people out of the answers and the errors; the runtime still says why it ends the program.
func silence() {
	log.SetOutput(io.Discard)
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		nowhere = nil // writing to it fails, which these libraries do not look at
	}
	os.Stdout, os.Stderr = nowhere, nowhere
}

// server answers the requests of one conversation, each within its time.
type server struct {
	*conversation
	clock clock
}

func (s *server) serve() error {
	for {
		asked, err := s.receive()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.send(s.answer(asked)); err != nil {
			return err
		}
	}
}

// answer returns what is made of a request.
func (s *server) answer(asked *request) any {
	defer s.clock.start(asked.Seconds)()
	switch asked.Kind {
	case "about":
		return map[string]string{"about": about()}
	case "helm":
		return renderChart(asked)
	case "kustomize":
		return s.buildKustomization(asked)
	default:
		return failure("unknown kind of request")
	}
}
