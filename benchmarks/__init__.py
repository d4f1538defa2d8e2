"""The figures that the project claims, and how each is measured: `python -m benchmarks`."""
