"""Google Cloud as the plugin, gcloud and Google's own clients see it."""
