"""Cloud Storage: buckets, their IAM policies and their objects, behind its JSON API."""
