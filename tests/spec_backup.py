#!/usr/bin/env python3
"""Opens a backup with nothing but what assets/format.md §20 says, and hands the database in
it to spec_reader, which checks every seal and prints what is in it.

    python3 tests/spec_backup.py BACKUP --passphrase-file FILE
    python3 tests/spec_backup.py BACKUP --key-file FILE

Ends with 5 for a wrong key and 9 for a damaged backup.
"""

import argparse
import hmac
import json
import re
import sqlite3
import struct
import sys
import tempfile
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from spec_reader import (
    Damaged, Vault, WrongKey, associated_data, check, expand, mac, normal, raw_key, sha256, u32, u8, u64, unseal,
)

CHUNK = 65536


class Backup:
    """A backup, checked in the order of §20."""

    def __init__(self, data, passphrase, key):
        self.data = data
        check(data[:16] == b"strongroombackup", "no backup")
        version, count = struct.unpack(">II", self.part(16, 8))
        check(version == 1, "a format that this reader does not know")
        check(1 <= count <= 16, "number of slots")
        self.id, self.vault_id = self.part(24, 16), self.part(40, 16)
        self.epoch, self.lineage = struct.unpack(">I16s", self.part(56, 20))
        self.time, self.size = struct.unpack(">qQ", self.part(76, 16))
        self.commitment = self.part(92, 32)
        slots = [self.part(124 + 108 * n, 108) for n in range(count)]
        at = 124 + 108 * count
        self.key = self.unlock(slots, passphrase, key)
        digest = mac(self.derive("header"), b"header\0", self.part(0, at + 60))
        check(hmac.compare_digest(digest, self.part(at + 60, 32)), "header digest")
        self.master = self.open(self.part(at, 60), 13, "master")
        self.database, end = self.chunks(at + 92)
        manifest = self.open(self.part(end, 172), 14, "manifest")
        check(len(data) == end + 172, "something follows the end")
        names = "seq root audit_seq audit_head rows living tombstones versions sha256"
        self.manifest = dict(zip(names.split(), struct.unpack(">Q32sQ32sQQQQ32s", manifest)))
        check(sha256(self.database) == self.manifest["sha256"], "SHA-256 of the database")

    def part(self, at, length):
        check(len(self.data) >= at + length, "it is cut off")
        return self.data[at : at + length]

    def derive(self, purpose):
        return expand(self.key, b"strongroom/1\0backup-" + purpose.encode() + b"\0" + self.id)

    def open(self, record, purpose, key):
        place = {"epoch": self.epoch, "owner": self.id, "time": self.time}
        return unseal(self.derive(key), record, None, self.vault_id, purpose, **place)

    def unlock(self, slots, passphrase, key):
        for slot in slots:
            ident, kind, memory, passes, lanes, salt, wrapped = struct.unpack(">16sIIII16s60s", slot)
            check(1 <= kind <= 4, "kind of a slot")
            if (kind == 1) != (passphrase is not None):
                continue
            uniform, cost = key, bytes(12)
            if kind == 1:
                check(65536 <= memory <= 2097152 and 1 <= passes <= 64 and 1 <= lanes <= 16, "cost of a slot")
                check(memory * passes >= 196608, "cost of a slot")
                cost = u32(memory) + u32(passes) + u32(lanes)
                uniform = hash_secret_raw(normal(passphrase), salt, passes, memory, lanes, 32, Type.ID, 0x13)
            slot_key = expand(uniform, b"strongroom/1\0backup-slot\0" + u8(kind) + self.id + salt)
            place = {"epoch": self.epoch, "owner": cost + bytes(3) + u8(kind), "subject": ident}
            try:
                opened = unseal(slot_key, wrapped, None, self.vault_id, 12, **place)
            except Damaged:
                continue
            if hmac.compare_digest(expand(opened, b"strongroom/1\0backup-commitment\0" + self.id), self.commitment):
                return opened
        raise WrongKey("no slot opens")

    def chunks(self, at):
        check(self.size > 0, "size of the database")
        sealing, parts, number, left = AESGCM(self.derive("chunk")), [], 0, self.size
        while left:
            length = min(left, CHUNK)
            left -= length
            nonce = bytes(3) + u64(number) + u8(left == 0)
            data = associated_data(self.vault_id, 8, length, epoch=self.epoch, owner=self.id, version=number, time=self.time)
            try:
                parts.append(sealing.decrypt(nonce, self.part(at, length + 16), data))
            except InvalidTag:
                raise Damaged(f"chunk {number}") from None
            at, number = at + length + 16, number + 1
        return b"".join(parts), at


class Inside(Vault):
    """The database of a backup: no slot, and the master key that the backup holds."""

    def __init__(self, path, backup):
        self.backup = backup
        super().__init__(path, None, None)

    slots_allowed = range(0, 1)

    def unlock(self, passphrase, key):
        self.master = self.backup.master
        check(self.id == self.backup.vault_id and self.epoch == self.backup.epoch, "vault of the database")
        check(self.state["lineage"] == self.backup.lineage, "lineage of the database")
        check(hmac.compare_digest(self.derive("commitment"), self.state["commitment"]), "commitment of the master key")
        return self.master

    def compare(self, told):
        listed, secrets = self.backup.manifest, told["secrets"]
        for name in ("seq", "root", "audit_seq", "audit_head"):
            check(self.state[name] == listed[name], f"{name} of the manifest")
        check(self.state["secrets"] == listed["rows"], "rows of the manifest")
        current = [row[0] for row in self.rows("SELECT current FROM secret")]
        check(sum(current) == listed["versions"], "versions of the manifest")
        buried = [row[0] for row in self.rows("SELECT buried FROM secret WHERE current > 0")]
        check((buried.count(0), len(buried) - buried.count(0)) == (listed["living"], listed["tombstones"]), "counts")
        return secrets


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backup", type=Path)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--passphrase-file", type=Path)
    source.add_argument("--key-file", type=Path)
    given = parser.parse_args()
    try:
        passphrase = given.passphrase_file and re.sub(rb"\r?\n\Z", b"", given.passphrase_file.read_bytes())
        key = given.key_file and raw_key(given.key_file.read_text())
        backup = Backup(given.backup.read_bytes(), passphrase, key)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "vault.db"
            path.write_bytes(backup.database)
            vault = Inside(path, backup)
            told = vault.told()
            vault.compare(told)
    except WrongKey as error:
        print(f"wrong key: {error}", file=sys.stderr)
        return 5
    except (Damaged, sqlite3.DatabaseError) as error:
        print(f"damaged: {error}", file=sys.stderr)
        return 9
    shown = {name: value.hex() if isinstance(value, bytes) else value for name, value in backup.manifest.items()}
    about = {"id": backup.id.hex(), "as_of": backup.time, "bytes": backup.size, "manifest": shown}
    json.dump({"backup": about} | told, sys.stdout, indent=1, ensure_ascii=False)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
