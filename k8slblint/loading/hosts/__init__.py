"""The files that set up clusters and their machines: which they are, and what each program reads in them."""
