"""What vendors read: annotations, classes, platforms and prices; data files are read on demand."""

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
"""The annotation of Kubernetes itself that names a class (kubernetes/api `networking/v1beta1/well_known_annotations.go`)."""
