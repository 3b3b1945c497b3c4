"""What `bin/bench` measures. Each row is a figure of ours beside its floor, both from the same run."""
