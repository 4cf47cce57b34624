"""Charts that are not in a tree: which of them a lock names, where their archives are kept, and how they are fetched."""
