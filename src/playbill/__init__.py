"""playbill: the personalization system of a streaming service."""

__version__ = "0.1.0"
