// Command serve serves the charts of a folder on this machine until its standard input ends; it prints where, as JSON.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"

	"k8slblint.dev/fetch/loopback"
)

func main() {
	servers, err := loopback.Start(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer servers.Stop()
	if err := json.NewEncoder(os.Stdout).Encode(servers); err != nil {
		log.Fatal(err)
	}
	io.Copy(io.Discard, os.Stdin)
}
