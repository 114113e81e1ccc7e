"""Dialogs of DSS to typed, validated settings; every mistake is reported at once, by its label in the dialog.

The descriptors own what the administrator sees (labels, help, defaults, conditions); the models here own what it means.
"""
