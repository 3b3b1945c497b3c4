"""What `bin/bench` measures: each row a figure of ours beside the floor under it, both from the same run."""
