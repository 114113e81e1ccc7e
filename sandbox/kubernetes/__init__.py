"""The Kubernetes API servers of the simulated clusters."""
