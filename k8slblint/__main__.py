"""Lets `python -m k8slblint` run the command."""

from k8slblint.cli import main

if __name__ == "__main__":
    main()
