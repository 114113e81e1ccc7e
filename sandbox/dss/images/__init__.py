"""Docker on the DSS host, the base images that it holds, and DSS's pushing of them."""
