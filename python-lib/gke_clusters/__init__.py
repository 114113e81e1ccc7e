"""The library of the plugin *GKE clusters*: one room per concern, the stories in `lifecycle`."""
