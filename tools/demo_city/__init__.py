"""A made-up Bangkok to try the service in: real places, invented people, drawn photos."""
