-- Format 1. All BLOBs are sealed or keyed; what they hold stands in assets/format.md.

CREATE TABLE state (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    vault_id     BLOB    NOT NULL CHECK (length(vault_id) = 16),
    key_epoch    INTEGER NOT NULL,
    lineage      BLOB    NOT NULL CHECK (length(lineage) = 16),
    created_at   INTEGER NOT NULL,
    commitment   BLOB    NOT NULL CHECK (length(commitment) = 32),
    seq          INTEGER NOT NULL,
    secrets      INTEGER NOT NULL,
    root         BLOB    NOT NULL CHECK (length(root) = 32),
    audit_seq    INTEGER NOT NULL,
    audit_head   BLOB    NOT NULL CHECK (length(audit_head) = 32),
    sealed       INTEGER NOT NULL,
    tag          BLOB    NOT NULL CHECK (length(tag) = 32)
) STRICT;

CREATE TABLE slot (
    id           BLOB    PRIMARY KEY CHECK (length(id) = 16),
    kind         INTEGER NOT NULL,
    memory_kib   INTEGER NOT NULL,
    passes       INTEGER NOT NULL,
    lanes        INTEGER NOT NULL,
    salt         BLOB    NOT NULL CHECK (length(salt) = 16),
    wrapped      BLOB    NOT NULL CHECK (length(wrapped) = 60)
) STRICT, WITHOUT ROWID;

-- buried is 0 for a live secret, else the seq of its deletion: so a name is unique
-- among the living by the primary key, and tombstones stay beside it.
CREATE TABLE secret (
    name_index   BLOB    NOT NULL CHECK (length(name_index) = 16),
    buried       INTEGER NOT NULL,
    id           BLOB    NOT NULL CHECK (length(id) = 16),
    current      INTEGER NOT NULL,
    revision     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    deleted_at   INTEGER NOT NULL,
    modified     INTEGER NOT NULL,
    chain        BLOB    NOT NULL CHECK (length(chain) = 32),
    metadata     BLOB    NOT NULL,
    PRIMARY KEY (name_index, buried)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX secret_id ON secret (id);
CREATE INDEX secret_modified ON secret (modified);

CREATE TABLE bucket (
    page         INTEGER PRIMARY KEY CHECK (page BETWEEN 0 AND 31),
    digests      BLOB    NOT NULL CHECK (length(digests) = 1024)
) STRICT;

CREATE TABLE version (
    secret_id    BLOB    NOT NULL CHECK (length(secret_id) = 16),
    number       INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    data_key     BLOB    NOT NULL CHECK (length(data_key) = 60),
    value        BLOB    NOT NULL,
    note         BLOB    NOT NULL,
    PRIMARY KEY (secret_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq          INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    body         BLOB    NOT NULL,
    mac          BLOB    NOT NULL CHECK (length(mac) = 32)
) STRICT;

-- Failed unlocks, which nobody without a key can authenticate; folded into the
-- audit chain by the next write.
CREATE TABLE audit_pending (
    id           INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    uid          INTEGER NOT NULL,
    count        INTEGER NOT NULL
) STRICT;
