"""What Argo CD, Flux, Fleet and helmfile deploy from a tree."""
