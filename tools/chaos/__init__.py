"""Kill one part after the other under load, and count what it cost. `bin/chaos` runs it."""
