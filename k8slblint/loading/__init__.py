"""How files, revisions and standard input become valid resources."""
