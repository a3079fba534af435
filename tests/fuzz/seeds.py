#!/usr/bin/env python3
"""Writes the corpus that fuzzing starts from: usage: seeds.py FOLDER

One file a shape of frame, built from the ABI's layout, so that the corpus is readable as a
table and not as binary files.
"""
import os
import struct
import sys

MORE, EXTRA = 4, 8


def data(status, flags=0, offset=0, id_off=0):
    return struct.pack('<HHHh', id_off & 0xffff, offset, flags, status)


def gso(size, kind, flags=0):
    return ('extra', struct.pack('<BBHBBH', 1, flags, size, kind, 0, 0))


def encode(slot, index):
    """The fuzzer adds the index to the first two bytes: they are the id, but in an extra they
    are type and flags."""
    if isinstance(slot, bytes):
        return slot
    first, = struct.unpack_from('<H', slot[1])
    return struct.pack('<H', (first - index % 256) & 0xffff) + slot[1][2:]


SEEDS = {
    'one': [data(60)],
    'two': [data(60), data(1514)],
    'chain': [data(4096, MORE)] * 3 + [data(10)],
    'longest': [data(3600, MORE)] * 17 + [data(60)],
    'endless': [data(60, MORE)] * 40,
    'gso': [data(66, MORE | EXTRA), gso(1448, 1), data(2000)],
    'extras': [data(60, EXTRA), gso(1448, 2, 1), gso(0, 0, 1), gso(1, 9)],
    'bounds': [data(96, 0, 4000), data(97, 0, 4000), data(4096, 0, 1)],
    'short': [data(13), data(0), data(14)],
    'error': [data(-1), data(-32768, MORE), data(60)],
    'wrong-id': [data(60, 0, 0, 1), data(60, 0, 0, 0xff00)],
    'cut': [data(60, MORE | EXTRA)],
}


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith('-'):
        sys.exit(__doc__)
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, slots in SEEDS.items():
        for start in (0, 0xfffffff0):
            path = os.path.join(sys.argv[1], '%s-%x' % (name, start))
            with open(path, 'wb') as f:
                f.write(struct.pack('<II', start, len(slots)))
                f.write(b''.join(encode(slot, start + i) for i, slot in enumerate(slots)))


main()
