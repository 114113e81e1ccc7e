"""The story of *Inspect node pools*: what GKE, Compute Engine and Kubernetes know of them, put together."""
