"""Generates trees that mean harm, runs k8slblint over them, and tells what must never happen.

`dice` holds the words, `writing` makes text of values, one module per family makes trees, `running` runs them, `oracle` judges.
A tree is made from its family and a seed alone, so that both of them reproduce it.
"""
