"""The story of *Diagnose*: everything about a cluster that can be learned from here, each part by itself."""
