"""GKE: the Kubernetes Engine (Container) API v1 over REST, with its defaults, validation, operations and errors."""
