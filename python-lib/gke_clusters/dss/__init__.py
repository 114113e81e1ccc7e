"""What DSS is told and what DSS is asked: the overrides that a started cluster returns, the installation's id."""
