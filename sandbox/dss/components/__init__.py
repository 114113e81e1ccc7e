"""Running a plugin's Python components, each call in a fresh process as DSS does."""
