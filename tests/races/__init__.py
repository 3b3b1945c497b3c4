"""Concurrency tests with committing threads, and controls that show what would happen without the locks."""
