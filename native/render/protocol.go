package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// A message is its length in four bytes (big-endian) and that much JSON. A request is followed by the bytes of its files, whose
// lengths it lists as `blobs`.

// mostBytes bounds a message with its files; the caller sends less, so whatever is larger is no message.
const mostBytes = 1 << 29

// mostOutput bounds what one rendering may print.
const mostOutput = 50_000_000

var errNoMessage = errors.New("what was received is no message")

// request is what may be asked; `kind` tells which of the other fields count.
type request struct {
	Kind    string   `json:"kind"`
	Seconds float64  `json:"seconds"`
	Blobs   []int64  `json:"blobs"`
	Release release  `json:"release"`
	Build   build    `json:"build"`
	Refused bool     `json:"refused"`
	files   [][]byte // the bytes that follow
}

// failed is the answer where nothing could be made of the input.
type failed struct {
	Error string `json:"error"`
}

func failure(text string) failed { return failed{text} }

// exceeded is the answer where too much would be printed.
type exceeded struct {
	Exceeded string `json:"exceeded"`
}

func tooMuchOutput() exceeded {
	return exceeded{fmt.Sprintf("%d MB of output", mostOutput/1_000_000)}
}

// conversation reads ahead, so that the end of the caller ends this program in the middle of a rendering too.
type conversation struct {
	received chan *request
	broken   error
	writer   *bufio.Writer
}

func newConversation(input io.Reader, writer *bufio.Writer) *conversation {
	c := &conversation{received: make(chan *request), writer: writer}
	go c.readAhead(bufio.NewReaderSize(input, 1<<16))
	return c
}

func (c *conversation) readAhead(reader *bufio.Reader) {
	for {
		next, err := readRequest(reader)
		if err == io.EOF {
			os.Exit(0)
		}
		if err != nil {
			c.broken = err
			close(c.received)
			return
		}
		c.received <- next
	}
}

// receive returns the next request.
func (c *conversation) receive() (*request, error) {
	next, isOpen := <-c.received
	if !isOpen {
		return nil, c.broken
	}
	return next, nil
}

// send writes one message.
func (c *conversation) send(message any) error {
	text, err := encoded(message)
	if err != nil {
		return err
	}
	if err := binary.Write(c.writer, binary.BigEndian, uint32(len(text))); err != nil {
		return err
	}
	if _, err := c.writer.Write(text); err != nil {
		return err
	}
	return c.writer.Flush()
}

func readRequest(reader io.Reader) (*request, error) {
	var length uint32
	if err := binary.Read(reader, binary.BigEndian, &length); err != nil {
		return nil, ended(err)
	}
	if length > mostBytes {
		return nil, errNoMessage
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(reader, text); err != nil {
		return nil, io.EOF
	}
	next := &request{}
	if err := json.Unmarshal(text, next); err != nil {
		return nil, errNoMessage
	}
	return next, next.readFiles(reader)
}

func (r *request) readFiles(reader io.Reader) error {
	left := int64(mostBytes)
	for _, size := range r.Blobs {
		if left -= size; size < 0 || left < 0 {
			return errNoMessage
		}
		data := make([]byte, size)
		if _, err := io.ReadFull(reader, data); err != nil {
			return io.EOF
		}
		r.files = append(r.files, data)
	}
	return nil
}

// ended returns the end of the input for whatever keeps its next byte from coming.
func ended(error) error { return io.EOF }
