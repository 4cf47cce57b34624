"""The objects of Gateway API that a migration proposes in place of Ingresses: Gateways, routes, grants and policies as plain values."""
