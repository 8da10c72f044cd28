#!/bin/sh
# Says in one sentence what the machine lacks to build okx_fast, and exits 1; silent when all is there.
#
#     sh requirements/toolchain.sh [python]

python=$1
missing() {
    echo "okx-fast: $1" >&2
    exit 1
}

# The empty name is make's way to say that it found no interpreter that is new enough.
[ -n "$python" ] || missing "Python 3.11 or newer is needed, and none was found (name one with make PYTHON=/path/to/python3)."
command -v "$python" >/dev/null 2>&1 || missing "Python 3.11 or newer is needed, and $python is not there."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    missing "Python 3.11 or newer is needed, and $python is $("$python" --version 2>&1)."
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    missing "$python has no venv module: install it (on Debian and Ubuntu: apt install python3-venv)."

# rustc links with `cc`, so a compiler under another name alone does not help.
command -v cc >/dev/null 2>&1 || missing "a C compiler is needed, and there is no cc on PATH (on Debian and Ubuntu: apt install gcc libc6-dev)."
probe=$(mktemp -d) || exit 1
trap 'rm -rf "$probe"' EXIT
printf '#include <stdlib.h>\nint main(void) { return EXIT_SUCCESS; }\n' >"$probe/probe.c"
cc -o "$probe/probe" "$probe/probe.c" 2>/dev/null ||
    missing "cc cannot build a program: the C library's headers are missing (on Debian and Ubuntu: apt install libc6-dev)."

needed=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' Cargo.toml)
command -v cargo >/dev/null 2>&1 || missing "Rust 1.$needed or newer is needed, and there is no cargo on PATH (https://rustup.rs installs it)."
found=$(cargo --version 2>/dev/null | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
[ -n "$found" ] || missing "Rust 1.$needed or newer is needed, and cargo --version does not work (is a toolchain chosen? rustup default stable)."
[ "$found" -ge "$needed" ] || missing "Rust 1.$needed or newer is needed, and cargo is 1.$found (rustup update stable)."
