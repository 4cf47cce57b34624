"""The render engine of k8slblint: the program `k8slblint-render` beside this file, for one platform. k8slblint finds it and starts it."""
