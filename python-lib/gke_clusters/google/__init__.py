"""Everything the plugin asks of Google: credentials, host facts, clusters, operations, networks.

This room knows no dialog and no story. Its functions take plain values and answer with plain values or with one
of :mod:`gke_clusters.errors`.
"""
