"""DSS clusters: their settings, their states and what an administrator does to them."""
