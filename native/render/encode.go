package main

import (
	"bytes"
	"encoding/json"
)

// encoded returns a message as JSON without the escapes that only HTML needs.
func encoded(message any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(message)
	return text.Bytes(), err
}
