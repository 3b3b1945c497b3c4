-- PostgreSQL hands its WAL to pgBackRest, each segment when it is full or a minute old. Run by a superuser; then restart
-- PostgreSQL. Without a standby, what was committed in that minute is lost with the machine.
ALTER SYSTEM SET wal_level = 'replica';
ALTER SYSTEM SET archive_mode = 'on';
ALTER SYSTEM SET archive_timeout = '60s';
ALTER SYSTEM SET archive_command = 'pgbackrest --stanza=tft archive-push %p';
