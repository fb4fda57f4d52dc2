#!/usr/bin/env python3
"""Opens a vault with nothing but what assets/format.md says, checks every seal and
prints what is in it as JSON. It shares no line with the program, so that the document
is proved to be the format. Section numbers are those of the document.

    python3 tests/spec_reader.py VAULT --passphrase-file FILE
    python3 tests/spec_reader.py VAULT --key-file FILE

Needs `cryptography` and `argon2-cffi`. For made-up vaults: it prints every value.
Ends with 5 for a wrong key and 9 for a damaged vault.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import shutil
import sqlite3
import struct
import sys
import tempfile
import unicodedata
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ZERO = bytes(32)
FINGERPRINTS = {
    1: "c563d204e677a36c90fec96e88f0b50ac4b50a79ae09dbce2a30e563915ce4f5",
    2: "2505d1afd5da35e3f222e9d134b0277a85c1e88f3c7b722f58d8d4b5a9e44deb",
    3: "a5f95011e4489799e47ad70053b33d2d6b9947ff8e6053a4c95b80e70aae3db5",
    4: "38ae35251c8c70f8f2abc829f8564525c8c858baa0337870538e9b1235b9ac34",
}
KINDS = {1: "passphrase", 2: "key file", 3: "environment", 4: "recovery"}
ORIGINS = {1: "created", 2: "set", 3: "rotated", 4: "rolled back", 5: "imported"}
ACTIONS = (
    "init unlock unlock_failed lock create set rotate rollback edit reveal copy delete restore purge"
    " clipboard_cleared verify tamper_detected move migrate export run render"
    " key_add key_remove key_change key_replace stage promote abort step retire recipe step_end"
    " backup backup_test restore_accepted key_test audit_cut clock_regressed"
).split()
# The last action of each format.
LAST_ACTION = {1: 18, 2: 26, 3: 37, 4: 39}
STATES = "making staged applying applied verified reverting unsettled".split()
STEPS = "make apply verify revoke".split()
WHICH = "current pending previous".split()
ENDS = r"exit-(0|-?[1-9][0-9]*)|signal-[1-9][0-9]*|timed-out|wrote-too-much|cancelled|not-started|no-value|lost"


class Damaged(Exception):
    """A check of §11 failed."""


class WrongKey(Exception):
    """No slot opens."""


def check(holds, what):
    if not holds:
        raise Damaged(what)


# §2
def integer(form):
    def pack(n):
        try:
            return struct.pack(form, n)
        except struct.error:
            raise Damaged("a number is out of range") from None

    return pack


u8, u32, u64, i64 = integer(">B"), integer(">I"), integer(">Q"), integer(">q")


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def expand(key, info):
    return mac(key, info, b"\x01")


# §3
def raw_key(text):
    text = text.strip()
    for quote in "\"'":
        if len(text) > 1 and text[0] == quote == text[-1]:
            text = text[1:-1].strip()
    letters = text.replace("-", "").replace(" ", "").upper()
    if letters.startswith("SR1") and len(letters) == 59:
        data = base64.b32decode(letters[3:])
        key, sum3 = data[:32], data[32:]
        if sha256(b"strongroom key" + key)[:3] != sum3:
            raise WrongKey("checksum of the key")
        return key
    if len(text) == 64:
        return bytes.fromhex(text)
    if len(text) == 44:
        return base64.b64decode(text, validate=True)
    if len(text) == 43:
        return base64.urlsafe_b64decode(text + "=")
    raise WrongKey("form of the key")


# §5
def associated_data(vault_id, purpose, padded, epoch=0, owner=bytes(16), subject=bytes(16), version=0, revision=0, time=0):
    data = b"SRM1" + u8(1) + u8(1) + bytes(2) + u8(purpose) + bytes(3) + u32(epoch) + vault_id + owner + subject
    data += u64(version) + u64(revision) + i64(time) + u64(padded)
    assert len(data) == 96
    return data


def unseal(key, record, padding, vault_id, purpose, **place):
    check(len(record) >= 28, f"record of purpose {purpose} is too short")
    data = associated_data(vault_id, purpose, len(record) - 28, **place)
    try:
        plain = AESGCM(key).decrypt(record[:12], record[12:], data)
    except InvalidTag:
        raise Damaged(f"record of purpose {purpose} does not open") from None
    if padding is None:
        return plain
    check(len(plain) >= 4, "length of a record")
    length = struct.unpack(">I", plain[:4])[0]
    check(4 + length <= len(plain), "length of a record")
    check(not any(plain[4 + length :]), "padding of a record")
    check(len(plain) == padding(length), "padded size of a record")
    return plain[4 : 4 + length]


def buckets(length):
    total = length + 4
    if total <= 4096:
        return max(64, 1 << (total - 1).bit_length())
    exponent = total.bit_length() - 1
    step = 1 << (exponent - (exponent.bit_length() - 1 + 1))
    return -(-total // step) * step


def blocks(length):
    return max(128, -(-(length + 4) // 64) * 64)


# §6
def tagged(record, known):
    parts = {}
    while record:
        check(len(record) >= 5, "a tagged record is cut")
        tag, length = struct.unpack(">BI", record[:5])
        check(tag in known, f"unknown tag {tag}")
        check(len(record) >= 5 + length, "a tagged record is cut")
        parts[tag] = record[5 : 5 + length]
        record = record[5 + length :]
    return parts


def text(parts, tag):
    return parts.get(tag, b"").decode("utf-8")


def number(parts, tag):
    data = parts.get(tag, b"")
    check(len(data) <= 8, "a number is too long")
    return int.from_bytes(data, "big")


def time(parts, tag):
    return struct.unpack(">q", parts[tag])[0] if tag in parts else None


def read_fields(record):
    fields = {}
    while record:
        size, record = record[0], record[1:]
        name, record = record[:size], record[size:]
        length = struct.unpack(">I", record[:4])[0]
        check(len(record) >= 4 + length, "fields are cut")
        fields[name.decode("utf-8") or "value"] = record[4 : 4 + length]
        record = record[4 + length :]
    return fields


def read_steps(written):
    steps = []
    for line in written.split("\n") if written else []:
        words = line.split(" ")
        check(len(words) == 4, "a step")
        step, of, end, took = words
        check(step in STEPS and of in WHICH and re.fullmatch(ENDS, end) and re.fullmatch("0|[1-9][0-9]*", took), "a step")
        steps.append({"step": step, "of": of, "end": end, "took": int(took)})
    return steps


def named(words, parts, tag):
    code = number(parts, tag)
    check(1 <= code <= len(words), f"number {code} of a word")
    return words[code - 1]


def read_busy(record):
    parts = tagged(record, range(1, 7))
    check(all(tag in parts for tag in (3, 4)), "times of a step")
    return {
        "step": named(STEPS, parts, 1),
        "of": named(WHICH, parts, 2),
        "since": time(parts, 3),
        "until": time(parts, 4),
        "by": text(parts, 5),
        "pid": number(parts, 6),
    }


def read_stage(record):
    parts = tagged(record, range(1, 14))
    check(3 in parts, "time of a stage")
    sealed = number(parts, 2) > 0
    check(sealed == (6 in parts) and sealed == (11 in parts), "what is known of a pending version")
    check(not sealed or len(parts[11]) == 32, "digest of a pending version")
    check(sealed == (number(parts, 1) != 1), "state of a pending version")
    return {
        "state": named(STATES, parts, 1),
        "revision": number(parts, 2) or None,
        "since": time(parts, 3),
        "by": text(parts, 4),
        "reason": text(parts, 5),
        "fields": text(parts, 6).split(" ") if sealed else [],
        "grace": number(parts, 7) - 1 if 7 in parts else None,
        "steps": read_steps(text(parts, 8)),
        "turn": number(parts, 9),
        "busy": read_busy(parts[10]) if 10 in parts else None,
        "digest": parts[11].hex() if sealed else None,
        "to_promote": number(parts, 12) == 1,
        "from": number(parts, 13) or None,
    }


def read_revoke(record):
    parts = tagged(record, range(1, 5))
    return {
        "version": number(parts, 1),
        "steps": read_steps(text(parts, 2)),
        "turn": number(parts, 3),
        "busy": read_busy(parts[4]) if 4 in parts else None,
    }


def read_given_up(record):
    entries = tagged(record, range(1, 17))
    check(list(entries) == list(range(1, len(entries) + 1)), "order of what was given up")
    given_up = []
    for entry in entries.values():
        parts = tagged(entry, range(1, 6))
        given_up.append({
            "at": time(parts, 1),
            "by": text(parts, 2),
            "version": number(parts, 3),
            "reason": text(parts, 4),
            "steps": read_steps(text(parts, 5)),
        })
    return given_up


def read_metadata(record, format):
    parts = tagged(record, range(1, 14 if format < 3 else 19))
    rotation = {
        "recipe": text(parts, 14) if 14 in parts else None,
        "stage": read_stage(parts[15]) if 15 in parts else None,
        "previous_until": time(parts, 16),
        "revoke": read_revoke(parts[17]) if 17 in parts else None,
        "given_up": read_given_up(parts.get(18, b"")),
    }
    return {
        "scope": text(parts, 1),
        "name": text(parts, 2),
        "description": text(parts, 3),
        "json": json.loads(text(parts, 4)) if 4 in parts else None,
        "tags": text(parts, 5).split(),
        "fields": (text(parts, 6) or "value").split(" "),
        "owner": text(parts, 7),
        "created_by": text(parts, 8),
        "rotation_days": number(parts, 9) or None,
        "updated_at": time(parts, 10),
        "value_changed_at": time(parts, 11),
        "last_rotated": time(parts, 12),
        "expires_at": time(parts, 13),
    } | (rotation if format >= 3 else {})


def read_note(record, format):
    parts = tagged(record, range(1, 5 if format < 3 else 6))
    check(number(parts, 1) in ORIGINS, "origin of a version")
    return {
        "origin": ORIGINS[number(parts, 1)],
        "from": number(parts, 2) or None,
        "by": text(parts, 3),
        "reason": text(parts, 4),
    } | ({"steps": read_steps(text(parts, 5))} if format >= 3 else {})


def read_audit_body(record, format):
    parts = tagged(record, range(1, 13))
    check(1 <= number(parts, 1) <= LAST_ACTION[format], "action of an audit record")
    return {
        "action": ACTIONS[number(parts, 1) - 1],
        "secret": parts[2].hex() if 2 in parts else None,
        "address": [text(parts, 3), text(parts, 4)] if 4 in parts else None,
        "version": number(parts, 5) or None,
        "user": text(parts, 6),
        "host": text(parts, 7),
        "ip": text(parts, 8),
        "tty": text(parts, 9),
        "run_id": text(parts, 10),
        "reason": text(parts, 11),
        "error": text(parts, 12) if 12 in parts else None,
    }


def leb128(data):
    """The count at the start of `data`, and what follows it."""
    count = 0
    for at, byte in enumerate(data[:10]):
        count |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            check(count < 1 << 64, "a count is too large")
            return count, data[at + 1 :]
    raise Damaged("a count is cut")


def read_listing(data, format):
    def count():
        nonlocal data
        number, data = leb128(data)
        return number

    def take(length):
        nonlocal data
        check(len(data) >= length, "a listing is cut")
        taken, data = data[:length], data[length:]
        return taken

    def signed(number):
        return number // 2 if number % 2 == 0 else -(number // 2) - 1

    texts, secrets, used = [take(count()).decode("utf-8") for _ in range(count())], [], []
    for _ in range(count()):
        secret = {"id": take(16).hex(), "version": count()}
        for part in ("scope", "tags", "fields", "created_by", "owner"):
            number = count()
            check(number < len(texts), "number of a text")
            used += [number] if number not in used else []
            secret[part] = texts[number]
        secret |= {"name": take(count()).decode("utf-8"), "rotation_days": count() or None}
        created = signed(count())
        secret |= {"created_at": created, "updated_at": created + signed(count())}
        secret["value_changed_at"] = created + signed(count())
        for part in ("last_rotated", "expires_at"):
            number = count()
            secret[part] = created + signed(number - 1) if number else None
        if format >= 3:
            secret["under_way"] = count()
        secrets.append(secret)
    check(data == b"", "something follows a listing")
    check(used == list(range(len(texts))) and len(set(texts)) == len(texts), "the texts of a listing")
    return secrets


def under_way(metadata):
    if metadata["stage"]:
        return 1 + STATES.index(metadata["stage"]["state"])
    return 8 if metadata["revoke"] else 0


def listed(row, metadata, format):
    """What a listing says of this row."""
    seconds = lambda time: None if time is None else time // 1000
    rotation = {"under_way": under_way(metadata)} if format >= 3 else {}
    return rotation | {
        "id": row["id"].hex(),
        "version": row["current"],
        "scope": metadata["scope"],
        "tags": " ".join(metadata["tags"]),
        "fields": " ".join(metadata["fields"]),
        "created_by": metadata["created_by"],
        "owner": metadata["owner"],
        "name": metadata["name"],
        "rotation_days": metadata["rotation_days"],
        "created_at": seconds(row["created_at"]),
        **{name: seconds(metadata[name]) for name in ("updated_at", "value_changed_at", "last_rotated", "expires_at")},
    }


def shown(value):
    if len(value) > 200:
        return {"bytes": len(value), "sha256": sha256(value).hex()}
    try:
        return {"text": value.decode("utf-8")}
    except UnicodeDecodeError:
        return {"hex": value.hex()}


class Vault:
    """A vault, checked in the order of §11 (step 1 is about the place of the file, not its content)."""

    slots_allowed = range(1, 17)

    def __init__(self, path, passphrase, key):
        self.sql = sqlite3.connect(path, isolation_level=None)
        self.sql.row_factory = sqlite3.Row
        self.sql.execute("BEGIN")
        self.header()
        states = self.rows("SELECT * FROM state")
        check(len(states) == 1, "number of state rows")
        self.state = states[0]
        self.id, self.epoch = self.state["vault_id"], self.state["key_epoch"]
        self.slots = self.rows("SELECT * FROM slot ORDER BY id")
        check(len(self.slots) in self.slots_allowed, "number of slots")
        self.master = self.unlock(passphrase, key)
        names = ["metadata", "index", "state", "audit", "audit-body", "hedge"] + ["listing"] * (self.format > 1)
        self.keys = {name: self.derive(name) for name in names}
        self.keys["owner"] = self.derive("owner", self.id)
        self.check_tag()
        self.check_root()

    def rows(self, sql, *values):
        return self.sql.execute(sql, values).fetchall()

    # §1, §8
    def header(self):
        pragma = lambda name: self.rows(f"PRAGMA {name}")[0][0]
        check(pragma("application_id") == 0x53524D31, "application_id: no vault")
        self.format = pragma("user_version")
        check(self.format in FINGERPRINTS, "user_version: another format")
        check(pragma("encoding") == "UTF-8", "encoding")
        digest = hashlib.sha256()
        for row in self.rows("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name"):
            for column in row:
                digest.update(column.encode() + b"\0")
        self.fingerprint = digest.digest()
        check(self.fingerprint.hex() == FINGERPRINTS[self.format], "schema")

    # §4
    def unlock(self, passphrase, key):
        for slot in self.slots:
            kind, cost = slot["kind"], (slot["memory_kib"], slot["passes"], slot["lanes"])
            check(kind in KINDS, "kind of a slot")
            owner = bytes(15) + u8(kind)
            if kind == 1:
                memory, passes, lanes = cost
                bounds = 65536 <= memory <= 2097152 and 1 <= passes <= 64 and 1 <= lanes <= 16
                check(bounds and memory * passes >= 196608, "cost of a slot")
                owner = u32(memory) + u32(passes) + u32(lanes) + bytes(3) + u8(kind)
            if (kind == 1) != (passphrase is not None):
                continue
            uniform = key
            if kind == 1:
                uniform = hash_secret_raw(normal(passphrase), slot["salt"], passes, memory, lanes, 32, Type.ID, 0x13)
            slot_key = expand(uniform, b"strongroom/1\0slot\0" + u8(kind) + self.id + slot["salt"])
            try:
                place = {"epoch": self.epoch, "owner": owner, "subject": slot["id"]}
                self.master = unseal(slot_key, slot["wrapped"], None, self.id, 1, **place)
            except Damaged:
                continue
            check(len(self.master) == 32, "length of the master key")
            if hmac.compare_digest(self.derive("commitment"), self.state["commitment"]):
                return self.master
        raise WrongKey("no slot opens")

    def derive(self, purpose, owner=b""):
        return expand(self.master, b"strongroom/1\0" + purpose.encode() + b"\0" + self.id + u32(self.epoch) + owner)

    # §8
    def check_tag(self):
        key, state = self.keys["state"], self.state
        slots = b""
        for slot in self.slots:
            slots += slot["id"] + u8(slot["kind"]) + u32(slot["memory_kib"]) + u32(slot["passes"]) + u32(slot["lanes"])
            slots += slot["salt"] + slot["wrapped"]
        self.slots_digest = mac(key, b"slots\0", slots)
        parts = [state["vault_id"], u32(state["key_epoch"]), state["lineage"], i64(state["created_at"])]
        parts += [state["commitment"], u64(state["seq"]), u64(state["secrets"]), state["root"], u64(state["audit_seq"])]
        parts += [state["audit_head"], u64(state["sealed"]), self.slots_digest, self.fingerprint]
        self.segment_rows = self.rows("SELECT * FROM segment ORDER BY last") if self.format >= 4 else []
        if self.format >= 4:
            known = [u64(row["last"]) + row["mac"] + sha256(row["body"]) for row in self.segment_rows]
            parts.append(mac(key, b"segments\0", *known))
        check(hmac.compare_digest(mac(key, b"state\0", *parts), state["tag"]), "state tag")

    def check_root(self):
        pages = {row["page"]: row["digests"] for row in self.rows("SELECT * FROM bucket")}
        self.digests = b"".join(pages.get(page, bytes(1024)) for page in range(32))
        check(sha256(self.digests) == self.state["root"], "root")

    def secrets(self):
        """Checks every bucket and opens every secret (steps 7 to 11)."""
        heads, found = {}, []
        for row in self.rows("SELECT * FROM secret ORDER BY name_index, buried"):
            bucket = int.from_bytes(row["name_index"][:2], "big") >> 6
            heads.setdefault(bucket, []).append(self.head(row))
            found.append(row)
        for bucket in range(1024):
            digest = sha256(b"".join(heads[bucket])) if bucket in heads else ZERO
            check(digest == self.digests[32 * bucket : 32 * bucket + 32], f"bucket {bucket}")
        check(len(found) == self.state["secrets"], "number of secrets")
        secrets = [self.secret(row) for row in found]
        self.lists = {bucket: [] for bucket in heads}
        for row, secret in zip(found, secrets):
            if secret["what"] == "living":
                self.lists[secret["bucket"]].append(listed(row, secret["metadata"], self.format))
        return secrets

    def listings(self):
        """Opens the listing of every bucket and compares it with the rows (steps 8 and 8a)."""
        known = []
        for row in self.rows("SELECT * FROM listing ORDER BY bucket"):
            bucket = row["bucket"]
            check(bucket in self.lists, f"listing {bucket} of a bucket without rows")
            digest = self.digests[32 * bucket : 32 * bucket + 32]
            place = {"epoch": self.epoch, "owner": digest[:16], "subject": digest[16:], "version": bucket}
            listing = unseal(self.keys["listing"], row["sealed"], buckets, self.id, 10, **place)
            secrets = read_listing(listing, self.format)
            check(secrets == self.lists[bucket], f"listing {bucket} differs from the rows")
            data = associated_data(self.id, 10, len(row["sealed"]) - 28, **place)
            known.append({"bucket": bucket, "digest": digest.hex(), "associated_data": data.hex()})
            known[-1] |= {"listing": listing.hex(), "secrets": secrets}
        return known

    def head(self, row):
        parts = [row["name_index"], u64(row["buried"]), row["id"], u64(row["current"]), u64(row["revision"])]
        parts += [i64(row["created_at"]), i64(row["deleted_at"]), u64(row["modified"]), row["chain"], row["metadata"]]
        return mac(self.keys["state"], b"head\0", *parts)

    def secret(self, row):
        known = {name: row[name] for name in ("buried", "current", "revision", "created_at", "deleted_at", "modified")}
        known |= {name: row[name].hex() for name in ("id", "name_index", "chain")}
        known |= {"head": self.head(row).hex(), "bucket": int.from_bytes(row["name_index"][:2], "big") >> 6}
        check((row["buried"] == 0) == (row["deleted_at"] == 0), "buried and deleted_at")
        if row["current"] == 0:
            check(row["buried"] > 0 and row["metadata"] == b"" and row["chain"] == ZERO, "a husk")
            check(not self.rows("SELECT 1 FROM version WHERE secret_id = ?", row["id"]), "versions of a husk")
            return {"what": "husk"} | known
        place = {"epoch": self.epoch, "subject": row["id"], "revision": row["revision"], "time": row["created_at"]}
        metadata = unseal(self.keys["metadata"], row["metadata"], blocks, self.id, 2, **place)
        metadata = read_metadata(metadata, self.format)
        index = mac(self.keys["index"], metadata["scope"].encode(), b"\0", lower(metadata["name"]))[:16]
        check(index == row["name_index"], "name index")
        check_names(metadata)
        versions = self.versions(row)
        check(list(versions[-1]["fields"]) == metadata["fields"], "field names")
        pending = {"pending": self.pending(row, metadata)} if self.format >= 3 else {}
        what = {"what": "tombstone" if row["buried"] else "living"}
        return what | known | {"metadata": metadata, "versions": versions} | pending

    def pending(self, secret, metadata):
        """The pending version that the metadata count; a row that they do not count is not read (step 11a)."""
        stage, revoke = metadata["stage"], metadata["revoke"]
        check(revoke is None or 1 <= revoke["version"] < secret["current"], "version to be revoked")
        if stage is None or stage["revision"] is None:
            return None
        check(stage["revision"] <= secret["revision"], "revision of a pending version")
        rows = self.rows("SELECT * FROM stage WHERE secret_id = ?", secret["id"])
        check(len(rows) == 1 and rows[0]["revision"] == stage["revision"], "a pending version is missing, or another")
        row = rows[0]
        check(hmac.compare_digest(sha256(row["value"]).hex(), stage["digest"]), "digest of a pending version")
        place = {"owner": self.id, "subject": secret["id"], "revision": row["revision"], "time": row["created_at"]}
        data_key = unseal(self.keys["owner"], row["data_key"], None, self.id, 3, epoch=self.epoch, **place)
        fields = read_fields(unseal(data_key, row["value"], buckets, self.id, 11, epoch=0, **place))
        check(list(fields) == stage["fields"], "field names of a pending version")
        known = {"revision": row["revision"], "created_at": row["created_at"], "data_key": data_key.hex()}
        known["value_associated_data"] = associated_data(self.id, 11, len(row["value"]) - 28, **place).hex()
        return known | {"fields": {name: shown(value) for name, value in fields.items()}}

    def versions(self, row):
        chain, versions = ZERO, []
        for version in self.rows("SELECT * FROM version WHERE secret_id = ? ORDER BY number", row["id"]):
            check(version["number"] == len(versions) + 1, "numbers of versions")
            digests = [sha256(version[name]) for name in ("data_key", "value", "note")]
            known = [version["secret_id"], u64(version["number"]), i64(version["created_at"])]
            chain = mac(self.keys["state"], b"version\0", chain, *known, *digests)
            place = {"owner": self.id, "subject": row["id"], "version": version["number"], "time": version["created_at"]}
            note = unseal(self.keys["metadata"], version["note"], buckets, self.id, 5, epoch=self.epoch, **place)
            data_key = unseal(self.keys["owner"], version["data_key"], None, self.id, 3, epoch=self.epoch, **place)
            value = unseal(data_key, version["value"], buckets, self.id, 4, epoch=0, **place)
            fields = {name: shown(value) for name, value in read_fields(value).items()}
            kept = {"number": version["number"], "created_at": version["created_at"], "data_key": data_key.hex()}
            kept["value_associated_data"] = associated_data(self.id, 4, len(version["value"]) - 28, **place).hex()
            kept["chain"] = chain.hex()
            versions.append(kept | {"note": read_note(note, self.format), "fields": fields})
        check(len(versions) == row["current"], "number of versions")
        check(hmac.compare_digest(chain, row["chain"]), "chain of versions")
        return versions

    # §21
    def segments(self):
        """What was cut off the log so far."""
        segments, first = [], 1
        for row in self.segment_rows:
            place = {"epoch": self.epoch, "version": row["last"]}
            parts = tagged(unseal(self.keys["audit-body"], row["body"], blocks, self.id, 15, **place), range(1, 7))
            check(sorted(parts) == [1, 2, 3, 4, 5, 6] and number(parts, 4) == first <= row["last"], "a segment")
            known = {"id": parts[1].hex(), "key": parts[2].hex(), "sha256": parts[3].hex(), "first": first}
            known |= {"last": row["last"], "mac": row["mac"].hex(), "until": time(parts, 5), "cut_at": time(parts, 6)}
            segments.append(known)
            first = row["last"] + 1
        return segments

    def segment_records(self, file):
        """The records in the file of a segment, by the key that the vault has."""
        check(file[:16] == b"strongroomlogcut" and file[16:20] == u32(1), "header of a segment")
        segments = [known for known in self.segments() if bytes.fromhex(known["id"]) == file[20:36]]
        check(len(segments) == 1 and sha256(file).hex() == segments[0]["sha256"], "another file than was cut off")
        known = segments[0]
        head = self.id + u64(known["first"]) + u64(known["last"]) + i64(known["cut_at"])
        check(file[36:76] == head, "header of a segment")
        sealing, at, chunks, opened = AESGCM(bytes.fromhex(known["key"])), 76, 0, b""
        while at < len(file):
            chunk, at = file[at : at + 65552], at + 65552
            nonce = bytes(3) + u64(chunks) + u8(at >= len(file))
            place = {"subject": file[20:36], "version": chunks, "time": known["cut_at"]}
            try:
                opened += sealing.decrypt(nonce, chunk, associated_data(self.id, 16, len(chunk) - 16, **place))
            except InvalidTag:
                raise Damaged(f"chunk {chunks} of a segment") from None
            chunks += 1
        records = []
        while opened:
            seq, at, code, length = struct.unpack(">Qq32sI", opened[:52])
            check(seq == known["first"] + len(records) and len(opened) >= 52 + length, "records of a segment")
            body = read_audit_body(opened[52 : 52 + length], self.format)
            records.append({"seq": seq, "at": at, "mac": code.hex()} | body)
            opened = opened[52 + length :]
        check(records and seq == known["last"] and code.hex() == known["mac"], "end of a segment")
        return records

    def log_start(self):
        """Number and code of the record that the log goes on from."""
        return (self.segment_rows[-1]["last"], self.segment_rows[-1]["mac"]) if self.segment_rows else (0, ZERO)

    # §9
    def audit(self):
        (gone, head), records = self.log_start(), []
        for row in self.rows("SELECT * FROM audit ORDER BY seq"):
            check(row["seq"] == gone + len(records) + 1, f"audit record {gone + len(records) + 1} is missing")
            known = [self.id, u64(row["seq"]), i64(row["at"])]
            head = mac(self.keys["audit"], b"audit\0", *known, head, sha256(row["body"]))
            check(hmac.compare_digest(head, row["mac"]), f"audit record {row['seq']}")
            place = {"epoch": self.epoch, "version": row["seq"], "time": row["at"]}
            body = unseal(self.keys["audit-body"], row["body"], blocks, self.id, 6, **place)
            body = read_audit_body(body, self.format)
            if body["action"] == "key_replace" and body["error"] is None:  # §10
                before = re.match(r"After record (\d+), [0-9a-f]{64}(\.|\Z)", body["reason"])
                check(before and int(before[1]) < row["seq"], "reason of a key_replace")
            records.append({"seq": row["seq"], "at": row["at"], "mac": head.hex()} | body)
        end = (gone + len(records), head)
        check(end == (self.state["audit_seq"], self.state["audit_head"]), "end of the audit log")
        return records

    # §19
    def anchor(self, file):
        marks = [file[at:at + 128].ljust(128, b"\0") for at in (0, 512)]
        if marks == [bytes(128)] * 2:
            return "first look"
        named = []
        for mark in marks:
            body, code = mark[:96], mark[96:]
            if body[:4] == b"SRA1" and body[8:24] == self.id:
                epoch, seq, audit_seq = (int.from_bytes(body[at:to]) for at, to in ((4, 8), (40, 48), (48, 56)))
                fits = epoch == self.epoch and hmac.compare_digest(mac(self.derive("anchor"), b"anchor\0", body), code)
                named.append((fits, epoch, seq, audit_seq, body[56:88], body[24:40]))
        if not named:
            return "unreadable"
        fits, epoch, seq, audit_seq, head, lineage = max(named)
        if not fits and epoch == self.epoch:
            return "unreadable"
        if epoch > self.epoch or self.state["seq"] < seq:
            return "older"
        gone, code = self.log_start()
        if not fits or audit_seq < gone:
            return "fresh" if not fits or lineage == self.state["lineage"] else "forked"
        rows = [code] if audit_seq == gone else [row["mac"] for row in self.rows("SELECT mac FROM audit WHERE seq = ?", audit_seq)]
        return "fresh" if rows == [head] else "forked"

    def told(self):
        state = {name: value.hex() if isinstance(value, bytes) else value for name, value in dict(self.state).items()}
        slots = []
        for slot in self.slots:
            cost = [slot[name] for name in ("memory_kib", "passes", "lanes")]
            slots.append({"id": slot["id"].hex(), "kind": KINDS[slot["kind"]], "cost": cost if any(cost) else None})
        told = {
            "state": state,
            "slots": slots,
            "master_key": self.master.hex(),
            "derived_keys": {name: key.hex() for name, key in self.keys.items()},
            "schema_fingerprint": self.fingerprint.hex(),
            "slots_digest": self.slots_digest.hex(),
            "secrets": self.secrets(),
            "audit": self.audit(),
            "pending": [dict(row) for row in self.rows("SELECT * FROM audit_pending ORDER BY id")],
        }
        told |= {"listings": self.listings()} if self.format > 1 else {}
        return told | ({"segments": self.segments()} if self.format > 3 else {})


def normal(passphrase):
    try:
        return unicodedata.normalize("NFC", passphrase.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return passphrase


# §7
def lower(name):
    return name.encode("ascii").lower()


def check_names(metadata):
    identifier = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
    fits = lambda word, most: len(word) <= most and identifier.match(word)
    check(all(fits(name, 255) for name in [metadata["name"], *metadata["fields"]]), "a name")
    check(all(fits(tag, 64) for tag in metadata["tags"]), "a tag")
    if metadata["scope"]:
        segments = metadata["scope"].split("/")
        segments[0] = segments[0].removeprefix("~")
        check(len(segments) <= 8 and all(fits(segment, 64) for segment in segments), "a scope")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vault", type=Path)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--passphrase-file", type=Path)
    source.add_argument("--key-file", type=Path)
    parser.add_argument("--anchor", type=Path, help="also tell whether the vault leads on from this anchor")
    parser.add_argument("--segment", type=Path, help="also open this file, which was cut off the vault's log")
    given = parser.parse_args()
    try:
        passphrase = given.passphrase_file and re.sub(rb"\r?\n\Z", b"", given.passphrase_file.read_bytes())
        key = given.key_file and raw_key(given.key_file.read_text())
        with tempfile.TemporaryDirectory() as folder:
            for ending in ("", "-wal"):  # §1: never without its log, and the original is left alone
                beside = Path(f"{given.vault}{ending}")
                if ending == "" or beside.exists():
                    shutil.copy(beside, Path(folder) / f"vault.db{ending}")
            vault = Vault(Path(folder) / "vault.db", passphrase, key)
            told = vault.told()
            if given.anchor:
                told["anchor"] = vault.anchor(given.anchor.read_bytes())
            if given.segment:
                told["segment_records"] = vault.segment_records(given.segment.read_bytes())
    except WrongKey as error:
        print(f"wrong key: {error}", file=sys.stderr)
        return 5
    except (Damaged, sqlite3.DatabaseError) as error:
        print(f"damaged: {error}", file=sys.stderr)
        return 9
    json.dump(told, sys.stdout, indent=1, ensure_ascii=False)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
