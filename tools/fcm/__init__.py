"""A local Firebase Cloud Messaging: speaks HTTP v1 and OAuth as far as the Admin SDK can tell, and counts."""
