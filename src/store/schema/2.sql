-- Format 2: the list of each bucket, sealed, so that all of them are read at once.
-- A row that is missing is made anew from the secrets; assets/format.md has the bytes.

CREATE TABLE listing (
    bucket       INTEGER PRIMARY KEY CHECK (bucket BETWEEN 0 AND 1023),
    sealed       BLOB    NOT NULL
) STRICT;
