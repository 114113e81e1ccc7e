"""Installed plugins: their archives, descriptors, settings, presets and code environments."""
