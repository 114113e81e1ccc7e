"""Settings and facts to messages of the GKE API. Pure functions: nothing here asks anybody anything."""
