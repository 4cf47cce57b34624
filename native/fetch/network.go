package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// limits are what one chart may take: bytes of all its answers, and until when.
type limits struct {
	bytes int64
	until time.Time
}

var (
	errTooLarge = errors.New("it is larger than allowed")
	errPlain    = errors.New("plain HTTP is not used")
)

// network makes the connections for one chart. All are encrypted; addresses that only this machine or its networks have are reached only
// where the repository itself is named by them, and link-local ones, where clouds serve credentials, never.
type network struct {
	home  string
	left  int64
	until time.Time
	proxy *httpproxy.Config
	tls   *tls.Config
}

// newNetwork returns the network for a chart of the repository at an address.
func newNetwork(repository *url.URL, limits limits, config *tls.Config) *network {
	return &network{home: hostPort(repository), left: limits.bytes, until: limits.until, proxy: httpproxy.FromEnvironment(), tls: config}
}

// transport returns what Helm's getters and clients send requests through. Each answer has a connection of its own and is not decompressed,
// so that the bytes that are read are the bytes that are kept.
func (n *network) transport() *http.Transport {
	return &http.Transport{
		Proxy:                 func(asked *http.Request) (*url.URL, error) { return n.proxyOf(asked) },
		DialContext:           n.dialPlain,
		DialTLSContext:        n.dialEncrypted,
		TLSClientConfig:       n.tls,
		DisableKeepAlives:     true,
		DisableCompression:    true,
		ResponseHeaderTimeout: time.Until(n.until),
	}
}

// client returns a client for registries.
func (n *network) client() *http.Client {
	return &http.Client{Transport: n.transport(), Timeout: time.Until(n.until)}
}

func (n *network) proxyOf(asked *http.Request) (*url.URL, error) {
	if asked.URL.Scheme != "https" {
		return nil, fmt.Errorf("%s: %w", asked.URL.Host, errPlain)
	}
	return n.proxy.ProxyFunc()(asked.URL)
}

// dialPlain connects to the proxy of the user, the only host that is spoken to without encryption: what goes through it is encrypted.
func (n *network) dialPlain(ctx context.Context, kind, address string) (net.Conn, error) {
	proxy, err := url.Parse(n.proxy.HTTPSProxy)
	if err != nil || n.proxy.HTTPSProxy == "" || hostPort(proxy) != address {
		return nil, fmt.Errorf("%s: %w", address, errPlain)
	}
	return n.dial(ctx, kind, address, nil)
}

func (n *network) dialEncrypted(ctx context.Context, kind, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	plain, err := n.dial(ctx, kind, address, n.control(address))
	if err != nil {
		return nil, err
	}
	config := n.tls.Clone()
	config.ServerName = host
	conn := tls.Client(plain, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, err
	}
	return conn, nil
}

func (n *network) dial(ctx context.Context, kind, address string, control func(string, string, syscall.RawConn) error) (net.Conn, error) {
	dialer := &net.Dialer{Deadline: n.until, Control: control}
	conn, err := dialer.DialContext(ctx, kind, address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(n.until); err != nil {
		conn.Close()
		return nil, err
	}
	return &counted{Conn: conn, network: n}, nil
}

// control looks at the address that a name led to, after every name has been looked up.
func (n *network) control(wanted string) func(string, string, syscall.RawConn) error {
	return func(_, reached string, _ syscall.RawConn) error {
		host, _, err := net.SplitHostPort(reached)
		if err != nil {
			return err
		}
		address := net.ParseIP(host)
		switch {
		case address == nil || address.IsLinkLocalUnicast() || address.IsMulticast() || address.IsUnspecified():
			return fmt.Errorf("%s is not the address of a chart repository", host)
		case (address.IsPrivate() || address.IsLoopback()) && wanted != n.home:
			return fmt.Errorf("it leads to %s, which only this network has and the repository does not name", wanted)
		}
		return nil
	}
}

// counted ends when all answers of the chart together are larger than allowed.
type counted struct {
	net.Conn
	network *network
}

func (c *counted) Read(into []byte) (int, error) {
	if c.network.left <= 0 {
		return 0, errTooLarge
	}
	if int64(len(into)) > c.network.left {
		into = into[:c.network.left]
	}
	read, err := c.Conn.Read(into)
	c.network.left -= int64(read)
	return read, err
}

func hostPort(address *url.URL) string {
	port := address.Port()
	if port == "" {
		port = map[string]string{"http": "80"}[address.Scheme]
	}
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(address.Hostname(), port)
}
