"""Takes system calls away from this process for good, by a seccomp filter written in its own small language (BPF).

What it took stays away: from threads already running, and from whatever the process loads later.
"""

import ctypes
import errno
import os
import platform
import socket
import struct

_CLONE_THREAD = 0x10000
_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER = 1
_FILTER_FLAG_TSYNC = 1

_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000  # with an errno in the low bits
_KILL = 0x80000000

_LOAD = 0x20  # a 32-bit word of struct seccomp_data
_IF_EQUAL = 0x15
_IF_AT_LEAST = 0x35
_IF_BITS = 0x45
_RETURN = 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_X32_CALLS = 0x40000000

# Linux's own tables: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h; None: has none.
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_SECCOMP = (317, 277)
_SOCKET = (41, 198)
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_PRLIMIT = (302, 261)
_TO_ONESELF = {"kill": (62, 129), "tgkill": (234, 131)}
_TAKEN: dict[str, tuple[int | None, int]] = {
    # other programs and processes
    "execve": (59, 221),
    "execveat": (322, 281),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    # ways round the rule on sockets: an existing local server; calls that no filter sees; another namespace
    "connect": (42, 203),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "unshare": (272, 97),
    "setns": (308, 268),
    # what nothing that computes needs, and faults in the kernel were often found in
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
}
_FORKS = (57, 58)  # fork, vfork of x86-64


class _Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def take_calls_away() -> bool:
    """Refuse, with EPERM, sockets beyond AF_UNIX, new processes and programs, signals to others and limits of theirs.

    Return False where that cannot be.

    Threads may be started as before.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None or struct.calcsize("P") != 8:
        return False
    column, architecture = machine
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    instructions = _program(column, architecture)
    program = _Filter(len(instructions) // 8, instructions)
    done = libc.syscall(_SECCOMP[column], _SET_MODE_FILTER, _FILTER_FLAG_TSYNC, ctypes.byref(program))
    return bool(done == 0)


def _program(column: int, architecture: int) -> bytes:
    """Return the filter: each rule either settles the call or leaves the next to look at it."""
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_IF_EQUAL, architecture, then=1),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    if column == 0:
        steps += [_step(_IF_AT_LEAST, _X32_CALLS, otherwise=1), _refuse(errno.EPERM)]
    taken = [numbers[column] for numbers in _TAKEN.values()] + (list(_FORKS) if column == 0 else [])
    for number in taken:
        if number is not None:
            steps += [_step(_IF_EQUAL, number, otherwise=1), _refuse(errno.EPERM)]
    # Its flags lie in memory, which a filter cannot see; the C library then takes the older call.
    steps += [_step(_IF_EQUAL, _CLONE3[column], otherwise=1), _refuse(errno.ENOSYS)]
    steps += _only_with(_SOCKET[column], _IF_EQUAL, socket.AF_UNIX)
    steps += _only_with(_CLONE[column], _IF_BITS, _CLONE_THREAD)
    steps += _only_with(_PRLIMIT[column], _IF_EQUAL, 0)  # its own limits, not its parent's
    for numbers in _TO_ONESELF.values():
        steps += _only_with(numbers[column], _IF_EQUAL, os.getpid())
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _only_with(number: int, test: int, argument: int) -> list[bytes]:
    """Let a call pass only when the low half of its first argument meets the test."""
    return [
        _step(_IF_EQUAL, number, otherwise=4),
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(test, argument, otherwise=1),
        _step(_RETURN, _ALLOW),
        _refuse(errno.EPERM),
    ]


def _refuse(number: int) -> bytes:
    return _step(_RETURN, _REFUSE | number)


def _step(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)
