"""Who may do and read what: every operation and socket frame, by every role, on every object.

`world` seeds the people and things once, `table` says what is expected."""
