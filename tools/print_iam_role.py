"""Prints the custom IAM role that has exactly the permissions needed, as `gcloud iam roles create` takes it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python-lib"))

from gke_clusters.google.custom_role import custom_role_yaml

if __name__ == "__main__":
    sys.stdout.write(custom_role_yaml())
