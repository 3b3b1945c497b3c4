"""A local Firebase Cloud Messaging server with the HTTP v1 API and OAuth tokens."""
