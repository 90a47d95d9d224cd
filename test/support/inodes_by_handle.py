"""Takes a handle of every file of a squashfs image, mounts the image anew, and opens each file by its handle alone,
as an NFS server does: the kernel then finds inodes by the image's export table. Prints how many were the same."""
import ctypes, os, subprocess, sys, tempfile

image = sys.argv[1]
folder = tempfile.mkdtemp()
libc = ctypes.CDLL(None, use_errno=True)

class Handle(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("data", ctypes.c_ubyte * 128)]

def mount(): subprocess.run(["mount", "-o", "loop,ro", "-t", "squashfs", image, folder], check=True)
def unmount(): subprocess.run(["umount", folder], check=True)

handles = []
mount()
for parent, _, names in os.walk(folder):
    for path in [parent, *(os.path.join(parent, name) for name in names)]:
        handle, mount_id = Handle(bytes=128), ctypes.c_int()
        if libc.name_to_handle_at(-100, os.fsencode(path), ctypes.byref(handle), ctypes.byref(mount_id), 0) != 0:
            sys.exit(f"no handle: {os.strerror(ctypes.get_errno())}")
        info = os.lstat(path)
        handles.append((handle, info.st_ino, info.st_size, info.st_mode))
unmount()
mount()
directory = os.open(folder, os.O_RDONLY)
same = 0
for handle, inode, size, mode in handles:
    found = libc.open_by_handle_at(directory, ctypes.byref(handle), os.O_RDONLY)
    if found < 0:
        print(f"inode {inode}: {os.strerror(ctypes.get_errno())}")
        continue
    info = os.fstat(found)
    same += (info.st_ino, info.st_size, info.st_mode) == (inode, size, mode)
    os.close(found)
os.close(directory)
unmount()
os.rmdir(folder)
print(f"same {same} of {len(handles)}")
