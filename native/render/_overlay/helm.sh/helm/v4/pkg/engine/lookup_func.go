package engine

// What looks objects up in a cluster is left out: without a client of Kubernetes, `lookup` finds nothing, as with `helm template`.
