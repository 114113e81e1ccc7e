"""The container registry behind Artifact Registry's addresses: who may push and pull, and where images are kept."""
