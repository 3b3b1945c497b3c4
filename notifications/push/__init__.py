"""Sending pushes: Firebase Cloud Messaging and LINE, behind a circuit breaker and a quota."""
