"""Tools around the project: measurements and demonstrations. Production code imports nothing from here."""
