"""Leaves this process only the files that it needs, by Landlock, where the kernel has it (Linux 5.13, no privileges).

Calls and numbers: the kernel's Documentation/userspace-api/landlock.rst.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # on every machine
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1, 1 << 1, 1 << 2, 1 << 3
_READ = _READ_FILE | _READ_FOLDER
_FIRST_RIGHTS = (1 << 13) - 1
_REFER, _TRUNCATE = 1 << 13, 1 << 14  # since versions 2 and 3
_OF_FILES = _READ_FILE | _WRITE_FILE | _TRUNCATE  # what can be allowed of a single file
_ROOT = Path(__file__).resolve().parents[2]
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/ld.so.preload", "/sys/devices/system"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/dev/urandom", "/dev/zero"),
)


def keep_only(*, readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Take away all files but these, and what Python, its libraries and our own code need; False: cannot be.

    Holds for the calling thread and those that it starts: call it before there are others.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
    if version < 1:
        return False
    handled = _FIRST_RIGHTS | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    attribute = struct.pack("=Q", handled)
    rules = libc.syscall(_CREATE_RULESET, attribute, ctypes.c_size_t(len(attribute)), 0)
    if rules < 0:
        return False
    try:
        ours = [_ROOT / "schema", _ROOT / "workers"]
        python = [Path(entry) for entry in (sys.prefix, sys.base_prefix)]
        for path in (*map(Path, _SYSTEM), *ours, *python, *readable):
            _allow(libc, rules, path, _READ)
        _allow(libc, rules, _ROOT, _READ_FOLDER)  # to find our packages; what else lies there stays closed
        for path in (Path(os.devnull), *writable):
            _allow(libc, rules, path, handled & ~_EXECUTE)
        return bool(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not path.is_dir():
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, descriptor)
        if libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
    finally:
        os.close(descriptor)
