"""disk.py - a small disk of a test's own, which can be full and grow"""
import ctypes
import os

from leima import Skip

libc = ctypes.CDLL(None, use_errno=True)


class Disk:
    """A file system of `size` bytes in memory, in the folder "disk"."""

    REMOUNT, READ_ONLY = 32, 1

    def __init__(self, size):
        os.mkdir("disk")
        self.mount(size, 0)

    def mount(self, size, flags):
        if libc.mount(b"tmpfs", b"disk", b"tmpfs", flags,
                      f"size={size}".encode()) != 0:
            raise Skip("mounting is not permitted: "
                       + os.strerror(ctypes.get_errno()))

    def resize(self, size):
        self.mount(size, self.REMOUNT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        libc.umount2(b"disk", 2)
