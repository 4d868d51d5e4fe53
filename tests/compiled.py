"""The first bytes of compiled files, made by hand."""

from __future__ import annotations

import struct

X86_64, ARM64, X86 = 62, 183, 3
MACH_O = bytes.fromhex("cffaedfe0c000001") + bytes(56)
WINDOWS = b"MZ\x90\x00" + bytes(60)


def elf(machine: int = X86_64, *, bits: int = 64, kind: int = 3, order: str = "<") -> bytes:
    """The header of an ELF file: a shared object, unless `kind` says otherwise."""
    start = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1, 0]) + bytes(8)
    return (start + struct.pack(f"{order}HH", kind, machine)).ljust(64, b"\0")


def wheel(*tags: str) -> str:
    """The metadata of a wheel with these tags."""
    return "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\n" + "".join(f"Tag: {tag}\n" for tag in tags)
