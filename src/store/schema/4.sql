-- Format 4: what was cut off the beginning of the log, a row for each file it went to.
-- The log begins behind the newest of them; assets/format.md has the bytes.

CREATE TABLE segment (
    last         INTEGER PRIMARY KEY,
    mac          BLOB    NOT NULL CHECK (length(mac) = 32),
    body         BLOB    NOT NULL
) STRICT;
