"""The render engine of k8slblint: Helm and kustomize in one program, which is asked over pipes and sees nothing but what it is sent."""
