"""Results as HTML pages; everything that comes from outside is escaped."""
