"""Artifact Registry: repositories of container images, who may use them, and the images in them."""
