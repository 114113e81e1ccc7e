"""The stories that a component tells from beginning to end: start, attach, stop."""
