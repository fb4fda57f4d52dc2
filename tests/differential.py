#!/usr/bin/env python3
"""Sealed records, and keys from passphrases, made by `cryptography` (OpenSSL) and
`argon2-cffi` (the reference code), as JSON for `tests/vault/differential.rs`; and the other
way round: opens what that test has sealed.

    tests/differential.py make MESSAGES KEYS >vectors.json
    tests/differential.py open <sealed.json
"""

import json
import os
import random
import struct
import sys

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PURPOSES = (1, 2, 3, 4, 5, 6, 10, 11)
TOP = {4: 1 << 32, 8: 1 << 64}


def associated(place, padded):
    """The 96 bytes of assets/format.md, from the place's parts."""
    return (b"SRM1\x01\x01\x00\x00" + bytes([place["purpose"], 0, 0, 0]) + struct.pack(">I", place["key_epoch"])
            + bytes.fromhex(place["vault_id"] + place["owner_id"] + place["subject_id"])
            + struct.pack(">QQqQ", place["version"], place["revision"], place["created_at"], padded))


def make(messages, keys):
    sealed, derived = [], []
    for _ in range(messages):
        place = {"purpose": random.choice(PURPOSES), "key_epoch": random.randrange(TOP[4]),
                 "vault_id": os.urandom(16).hex(), "owner_id": os.urandom(16).hex(),
                 "subject_id": os.urandom(16).hex(), "version": random.randrange(TOP[8]),
                 "revision": random.randrange(TOP[8]), "created_at": random.randrange(-(1 << 63), 1 << 63)}
        key, nonce = os.urandom(32), os.urandom(12)
        plain = os.urandom(random.choice((0, 1, 16, 32, 60, random.randrange(5_000))))
        body = AESGCM(key).encrypt(nonce, plain, associated(place, len(plain)))
        sealed.append({"key": key.hex(), "place": place, "plain": plain.hex(), "sealed": (nonce + body).hex()})
    for _ in range(keys):
        passphrase, salt = os.urandom(random.randrange(1, 100)).hex(), os.urandom(16)
        lanes = random.randrange(1, 9)
        cost = (random.randrange(8 * lanes, 4_096), random.randrange(1, 6), lanes)
        key = hash_secret_raw(passphrase.encode(), salt, cost[1], cost[0], cost[2], 32, Type.ID)
        derived.append({"passphrase": passphrase, "salt": salt.hex(), "cost": cost, "key": key.hex()})
    json.dump({"sealed": sealed, "derived": derived}, sys.stdout)


def open_all():
    records = json.load(sys.stdin)
    for record in records:
        sealed = bytes.fromhex(record["sealed"])
        data = associated(record["place"], len(sealed) - 28)
        plain = AESGCM(bytes.fromhex(record["key"])).decrypt(sealed[:12], sealed[12:], data)
        assert plain.hex() == record["plain"], "another plaintext"
    assert records, "there is nothing to open"
    print(f"{len(records)} records of ours open in OpenSSL")


if sys.argv[1] == "make":
    make(int(sys.argv[2]), int(sys.argv[3]))
else:
    open_all()
