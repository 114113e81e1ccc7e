"""A stand-in for Docker's command line, with the few commands that DSS and the plugin call. Standard library only."""
