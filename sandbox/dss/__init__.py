"""The part of Dataiku DSS that concerns clusters, behind its public REST API."""
