# Shared by the set-up scripts: `. "$(dirname "$0")/lib.sh"`.

set -euo pipefail

# All of a script's talk goes to stderr: stdout is for results that another program reads.
step() { printf '==> %s\n' "$*" >&2; }
note() { printf '    %s\n' "$*" >&2; }

# fail WHAT [WHAT-TO-DO]…
fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# make_venv FOLDER: a fresh Python environment there; call it from the repository's root.
make_venv() {
    rm -rf "$1"
    # Debian's Python has what `venv` needs in a package of its own.
    if python3 -c 'import ensurepip, venv' 2>/dev/null; then
        python3 -m venv "$1" >&2
    else
        scripts/setup-commands virtualenv
        virtualenv --quiet --python python3 "$1" >&2
    fi
}

# language_tools: the compilers of scripts/setup-languages come first for what is run from now on; call it from the repository's root.
language_tools() {
    local tools=$PWD/target/languages
    export PATH=$tools/python/bin:$tools/node_modules/.bin:$PATH
    # What they compile once (zig a libc) goes there too.
    export ZIG_GLOBAL_CACHE_DIR=$tools/zig-cache ZIG_LOCAL_CACHE_DIR=$tools/zig-cache GOCACHE=$tools/go-cache GOTOOLCHAIN=local
}

# A shell that doesn't read the user's profile (CI, cron) has no cargo on its PATH, though it is there.
if ! have cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then PATH=$HOME/.cargo/bin:$PATH; fi

# Results are looked for in target/, built for this machine.
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_BUILD_TARGET
