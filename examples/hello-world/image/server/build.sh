#!/bin/sh
# Builds bin/x86_64, bin/aarch64 and bin/riscv64. On Debian: apt install gcc gcc-aarch64-linux-gnu gcc-riscv64-linux-gnu
# --no-relax: relaxed RISC-V code addresses small data through a register that nobody sets up without a C library.
set -eu
cd "$(dirname "$0")"
mkdir -p bin
for arch in x86_64 aarch64 riscv64; do
  "$arch-linux-gnu-gcc" -Os -static -nostdlib -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables \
    -fno-pie -no-pie -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,--no-relax -Wall -Wextra -s -o "bin/$arch" server.c
done
ls -l bin
