"""The part of the Compute Engine API that concerns clusters: where things are, networks, quotas, instance groups."""
