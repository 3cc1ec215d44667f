"""The package's version, alone in its module so that reading it imports nothing."""

__version__ = "0.2.0"
