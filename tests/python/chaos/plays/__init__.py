"""The kinds of play, each a module: what is told under faults and kills, and what must be true whatever happens."""
