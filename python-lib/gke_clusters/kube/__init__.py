"""The Kubernetes side of a cluster: kubeconfig, credentials for it, reachability, access and nodes. No kubectl."""
