"""The program that runs one call of one component; its modules are started by path, never imported by the sandbox."""
