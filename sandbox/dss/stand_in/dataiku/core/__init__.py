"""The inner parts of the package."""
