"""Many at the same instant: committing tests with threads, and controls that show what the locks are for."""
