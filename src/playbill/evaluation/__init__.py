"""Evaluation: splits by time, and how good slates and pages are."""
