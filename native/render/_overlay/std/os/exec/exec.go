// Package exec stands in place of os/exec in this program, which starts no other, whatever a library asks for.
package exec

import (
	"errors"
	"io"
	"os"
	"strings"
)

// ErrNotFound is what every search for a program ends with.
var ErrNotFound = errors.New("executable file not found in $PATH")

var errRefused = errors.New("k8slblint-render starts no programs")

// Error tells which program was asked for.
type Error struct {
	Name string
	Err  error
}

func (e *Error) Error() string { return "exec: \"" + e.Name + "\": " + e.Err.Error() }

// Unwrap returns why it is not there.
func (e *Error) Unwrap() error { return e.Err }

// Cmd is a command that is never run.
type Cmd struct {
	Path   string
	Args   []string
	Env    []string
	Dir    string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// What only the package of tests names.
	ExtraFiles []*os.File
	Process    *os.Process
}

// ExitError is what no command ends with.
type ExitError struct {
	*os.ProcessState
}

func (e *ExitError) Error() string { return e.ProcessState.String() }

// Command returns a command that is never run.
func Command(name string, arg ...string) *Cmd {
	return &Cmd{Path: name, Args: append([]string{name}, arg...)}
}

// LookPath finds nothing.
func LookPath(file string) (string, error) { return "", &Error{file, ErrNotFound} }

// String returns the words of the command.
func (c *Cmd) String() string { return strings.Join(c.Args, " ") }

// Start refuses.
func (c *Cmd) Start() error { return errRefused }

// Wait refuses.
func (c *Cmd) Wait() error { return errRefused }

// Run refuses.
func (c *Cmd) Run() error { return errRefused }

// Output refuses.
func (c *Cmd) Output() ([]byte, error) { return nil, errRefused }

// CombinedOutput refuses.
func (c *Cmd) CombinedOutput() ([]byte, error) { return nil, errRefused }
