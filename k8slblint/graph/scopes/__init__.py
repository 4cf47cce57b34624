"""In which cluster, environment and platform a file is, and whether it is deployed."""
