"""A seccomp filter: which system calls a Linux process may make.

Sources: seccomp(2); Documentation/userspace-api/seccomp_filter.rst; `syscall_64.tbl` of x86 and `asm-generic/unistd.h` of Linux 6.18.
"""

import ctypes
import errno
import platform
import struct
from functools import cache
from typing import Any

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_X32 = 0x40000000
_THREAD = 0x10000  # CLONE_THREAD
_MODE_FILTER = 2
_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP = 38, 22

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
"""What the kernel calls a machine (linux/audit.h), and its column in the tables below."""

_NETWORK = {"socket": (41, 198)}
"""No socket of any family: also one of the Unix family speaks to services, such as Docker."""

REFUSED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_by_handle_at": (304, 265),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "setsid": (112, 157),
    "setpgid": (109, 154),
}
"""What debugs others, speaks for the user, changes the system or a namespace, or leaves the process group, which is killed as one."""

_ATTRIBUTES = {
    "chmod": (90, -1),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, -1),
    "lchown": (94, -1),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "truncate": (76, 45),
    "utime": (132, -1),
    "utimes": (235, -1),
    "futimesat": (261, -1),
    "utimensat": (280, 88),
}
"""What changes files by name and is beyond Landlock."""

_FORKS = {"fork": (57, -1), "vfork": (58, -1)}
_CLONE, _CLONE3, _PRLIMIT = (56, 220), (435, 435), (302, 261)


def filter_program(*, has_children: bool, is_exact: bool) -> bytes:
    """Return the filter as the bytes of `struct sock_filter`, or nothing on a machine whose system calls are not known here.

    Without `has_children` only threads can be started. `is_exact` also refuses what changes the attributes of files.
    """
    known = _ARCHITECTURES.get(platform.machine())
    return _built(*known, has_children=has_children, is_exact=is_exact) if known else b""


@cache
def _built(architecture: int, column: int, *, has_children: bool, is_exact: bool) -> bytes:
    code = [_step(_LOAD, _ARCHITECTURE), _step(_EQUAL, architecture, 1, 0), _refuse(errno.ENOSYS), _step(_LOAD, _NUMBER)]
    if column == 0:
        code += [_step(_AT_LEAST, _X32, 0, 1), _refuse(errno.ENOSYS)]
    refused = dict.fromkeys(_numbers(_NETWORK, column), errno.EAFNOSUPPORT) | dict.fromkeys(_numbers(REFUSED, column), errno.EPERM)
    if is_exact:
        refused |= dict.fromkeys(_numbers(_ATTRIBUTES, column), errno.EPERM)
    if not has_children:
        refused |= dict.fromkeys(_numbers(_FORKS, column), errno.EPERM) | {_CLONE3[column]: errno.ENOSYS}
    for number, error in refused.items():
        code += [_step(_EQUAL, number, 0, 1), _refuse(error)]
    limits_itself = [_step(_EQUAL, 0, 1, 0), _refuse(errno.EPERM), _step(_RETURN, _ALLOW)]
    code += _by_first_argument(_PRLIMIT[column], limits_itself)
    if not has_children:
        is_thread = [_step(_ANY_BIT, _THREAD, 1, 0), _refuse(errno.EPERM), _step(_RETURN, _ALLOW)]
        code += _by_first_argument(_CLONE[column], is_thread)
    return b"".join([*code, _step(_RETURN, _ALLOW)])


def _numbers(named: dict[str, tuple[int, int]], column: int) -> list[int]:
    return [numbers[column] for numbers in named.values() if numbers[column] >= 0]


def _by_first_argument(number: int, steps: list[bytes]) -> list[bytes]:
    """Return what decides about one system call by the low half of its first argument."""
    return [_step(_EQUAL, number, 0, 1 + len(steps)), _step(_LOAD, _FIRST_ARGUMENT), *steps]


def _refuse(error: int) -> bytes:
    return _step(_RETURN, _ERRNO | error)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


@cache
def _prctl() -> Any:
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]
    return prctl


def prepared(program: bytes) -> Any:
    """Return a filter as the kernel takes it; what `enter` needs is loaded."""
    _prctl()
    return _Program(len(program) // 8, program)


def forgo_privileges() -> bool:
    """Let nothing that this thread starts gain rights; tell whether that worked. What follows needs it."""
    return int(_prctl()(_SET_NO_NEW_PRIVILEGES, 1, None, 0, 0)) == 0


def enter(program: Any) -> bool:
    """Hold the calling thread, and all that it starts, to a filter; tell whether that worked."""
    return int(_prctl()(_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0)) == 0


def end_with_parent(signal: int) -> None:
    """Ask for a signal when the thread that started this process ends (prctl(2), `PR_SET_PDEATHSIG`)."""
    _prctl()(1, signal, None, 0, 0)
