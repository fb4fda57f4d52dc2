-- Format 3: the pending version of a secret, sealed, beside its current one.
-- What is known of it stands in the secret's metadata; assets/format.md has the bytes.

CREATE TABLE stage (
    secret_id    BLOB    PRIMARY KEY CHECK (length(secret_id) = 16),
    revision     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    data_key     BLOB    NOT NULL CHECK (length(data_key) = 60),
    value        BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
