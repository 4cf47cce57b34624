package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	kerrors "sigs.k8s.io/kustomize/kyaml/errors"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

var errReadOnly = errors.New("these files cannot be changed")

// files are those of one kustomization, and the only ones that kustomize sees: there are no links, and nothing can be written.
// Errors read as those of a disk, since they are shown to people.
type files struct {
	contents map[string][]byte
	folders  map[string]map[string]bool
}

// root is the folder that all files are below.
var root = absolute("k8slblint-render")

// absolute returns an absolute path of one name; on Windows that starts with a drive.
func absolute(name string) string {
	if filepath.Separator == '\\' {
		return `C:\` + name
	}
	return "/" + name
}

func newFiles(paths []string, contents [][]byte) (*files, error) {
	f := &files{map[string][]byte{}, map[string]map[string]bool{}}
	if len(paths) != len(contents) {
		return nil, errNoMessage
	}
	for index, path := range paths {
		whole := filepath.Join(root, filepath.FromSlash(path))
		if !strings.HasPrefix(whole, root+string(filepath.Separator)) {
			return nil, fmt.Errorf("'%s' leads out of the files", path)
		}
		f.contents[whole] = contents[index]
		f.addToFolders(whole)
	}
	return f, nil
}

func (f *files) addToFolders(path string) {
	for {
		above, name := filepath.Dir(path), filepath.Base(path)
		if above == path {
			return
		}
		if f.folders[above] == nil {
			f.folders[above] = map[string]bool{}
		}
		f.folders[above][name] = true
		path = above
	}
}

func (f *files) clean(path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	return filepath.Clean(path)
}

func missing(operation, path string) error {
	return &fs.PathError{Op: operation, Path: path, Err: syscall.ENOENT}
}

// Create refuses.
func (f *files) Create(string) (filesys.File, error) { return nil, errReadOnly }

// Mkdir refuses.
func (f *files) Mkdir(string) error { return errReadOnly }

// MkdirAll refuses.
func (f *files) MkdirAll(string) error { return errReadOnly }

// RemoveAll refuses.
func (f *files) RemoveAll(string) error { return errReadOnly }

// WriteFile refuses.
func (f *files) WriteFile(string, []byte) error { return errReadOnly }

// Open refuses: kustomize reads files whole.
func (f *files) Open(path string) (filesys.File, error) { return nil, missing("open", path) }

// IsDir tells whether there is a folder of this path.
func (f *files) IsDir(path string) bool {
	_, isFolder := f.folders[f.clean(path)]
	return isFolder
}

// Exists tells whether there is a file or folder of this path.
func (f *files) Exists(path string) bool {
	_, isFile := f.contents[f.clean(path)]
	return isFile || f.IsDir(path)
}

// ReadDir returns the names in a folder in order.
func (f *files) ReadDir(path string) ([]string, error) {
	entries, isFolder := f.folders[f.clean(path)]
	if !isFolder {
		return nil, missing("open", path)
	}
	names := make([]string, 0, len(entries))
	for name := range entries {
		names = append(names, name)
	}
	sort.Strings(names)
	return names, nil
}

// CleanedAbs returns the folder of a path, and its name where it is a file.
func (f *files) CleanedAbs(path string) (filesys.ConfirmedDir, string, error) {
	whole := f.clean(path)
	if f.IsDir(whole) {
		return filesys.ConfirmedDir(whole), "", nil
	}
	if _, isFile := f.contents[whole]; !isFile {
		return "", "", fmt.Errorf("evalsymlink failure on '%s' : %w", path, f.lacks(whole))
	}
	return filesys.ConfirmedDir(filepath.Dir(whole)), filepath.Base(whole), nil
}

// lacks returns the error of a system that follows a path which is not there: the first part that is missing, or is no folder.
func (f *files) lacks(path string) error {
	var parts []string
	for above := path; !f.IsDir(above); above = filepath.Dir(above) {
		parts = append(parts, above)
	}
	first := parts[len(parts)-1]
	if _, isFile := f.contents[first]; isFile {
		return syscall.ENOTDIR
	}
	return missing("lstat", first)
}

// Glob matches nothing: k8slblint lists files one by one.
func (f *files) Glob(string) ([]string, error) { return nil, nil }

// ReadFile returns the bytes of a file.
func (f *files) ReadFile(path string) ([]byte, error) {
	whole := f.clean(path)
	if content, isFile := f.contents[whole]; isFile {
		return content, nil
	}
	if f.IsDir(whole) {
		return nil, kerrors.Wrap(&fs.PathError{Op: "read", Path: path, Err: syscall.EISDIR})
	}
	if errors.Is(f.lacks(whole), syscall.ENOTDIR) {
		return nil, kerrors.Wrap(&fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR})
	}
	return nil, kerrors.Wrap(missing("open", path))
}

// Walk visits nothing.
func (f *files) Walk(string, filepath.WalkFunc) error { return errReadOnly }

var _ filesys.FileSystem = (*files)(nil)
