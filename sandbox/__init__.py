"""GKE, Google's services, Kubernetes API servers and a DSS backend, simulated on loopback. Never shipped in the zip."""
