// Package http stands in place of net/http in this program, which asks no server, whatever a library asks for.
package http

import (
	"crypto/tls"
	"errors"
	"io"
	"net/url"
	"time"
)

// What libraries name of the protocol.
const (
	MethodGet = "GET"
	StatusOK  = 200
)

var errRefused = errors.New("k8slblint-render asks no servers")

// Header holds nothing that is sent.
type Header map[string][]string

// Set notes a value.
func (h Header) Set(key, value string) { h[key] = []string{value} }

// Request is never sent.
type Request struct {
	URL    *url.URL
	Header Header
}

// SetBasicAuth notes nothing.
func (r *Request) SetBasicAuth(_, _ string) {}

// NewRequest returns a request that is never sent.
func NewRequest(_, address string, _ io.Reader) (*Request, error) {
	parsed, err := url.Parse(address)
	return &Request{URL: parsed, Header: Header{}}, err
}

// Response is never received.
type Response struct {
	Status     string
	StatusCode int
	Body       io.ReadCloser
}

// RoundTripper sends requests, or would.
type RoundTripper interface {
	RoundTrip(*Request) (*Response, error)
}

// Transport sends nothing.
type Transport struct {
	Proxy           func(*Request) (*url.URL, error)
	TLSClientConfig *tls.Config
}

// RoundTrip refuses.
func (t *Transport) RoundTrip(*Request) (*Response, error) { return nil, errRefused }

// ProxyFromEnvironment names none.
func ProxyFromEnvironment(*Request) (*url.URL, error) { return nil, nil }

// Client asks nobody.
type Client struct {
	Transport RoundTripper
	Timeout   time.Duration
}

// Do refuses.
func (c *Client) Do(*Request) (*Response, error) { return nil, errRefused }

// Get refuses.
func (c *Client) Get(string) (*Response, error) { return nil, errRefused }

// Get refuses.
func Get(string) (*Response, error) { return nil, errRefused }

// StatusText knows no texts.
func StatusText(int) string { return "" }

// DetectContentType detects nothing; Helm looks for the mark of gzip by itself.
func DetectContentType([]byte) string { return "application/octet-stream" }
