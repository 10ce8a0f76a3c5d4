# Shared by the scripts that build components by the C kit: `. scripts/c-component.sh`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/target/languages kit=$root/guest-sdk/c
# Its libc, which it compiles once, goes there too.
export ZIG_GLOBAL_CACHE_DIR=$tools/zig-cache ZIG_LOCAL_CACHE_DIR=$tools/zig-cache

zig() { "$tools/python/bin/python-zig" "$@"; }

# component CORE COMPONENT: what libc asks of WASI goes through the adapter; a module that asks for nothing gets none of it.
component() {
    "$tools/python/bin/wasm-tools" component new "$1" --adapt wasi_snapshot_preview1="$tools/wasi_snapshot_preview1.reactor.wasm" -o "$2.part"
    # In one step, so that nobody meets half a component.
    mv -f "$2.part" "$2"
}

# The function names stay, for the backtrace of a trap.
c_flags=(-target wasm32-wasi -mexec-model=reactor -O2 -Wall -Wextra "-Wl,--strip-debug,-z,stack-size=131072" "-I$kit")

# c_component COMPONENT SOURCE…
c_component() {
    local made=$1
    shift
    zig cc "${c_flags[@]}" "$@" "$kit"/*.c "$kit"/bindings/*.c "$kit"/bindings/*.o -o "$made.core.part"
    component "$made.core.part" "$made"
    rm "$made.core.part"
}

# cpp_component COMPONENT SOURCE…: the kit is C, so it is compiled apart.
cpp_component() {
    local made=$1 folder source
    shift
    folder=$(mktemp -d)
    for source in "$kit"/*.c "$kit"/bindings/*.c; do
        zig cc "${c_flags[@]}" -c "$source" -o "$folder/$(basename "$source" .c).o"
    done
    zig c++ "${c_flags[@]}" -std=c++20 -fno-exceptions "$@" "$folder"/*.o "$kit"/bindings/*.o -o "$folder/core.wasm"
    component "$folder/core.wasm" "$made"
    rm -r "$folder"
}

# zig_component COMPONENT SOURCE: sockdock.h is the module `sockdock`.
zig_component() {
    local folder
    folder=$(mktemp -d)
    zig translate-c -target wasm32-wasi -lc "$kit/sockdock.h" >"$folder/sockdock.zig"
    zig build-exe -target wasm32-wasi -O ReleaseSmall -mexec-model=reactor -fno-entry -rdynamic -lc --stack 131072 \
        "$kit"/*.c "$kit"/bindings/*.c "$kit"/bindings/*.o --dep sockdock -Mroot="$2" -Msockdock="$folder/sockdock.zig" \
        -femit-bin="$folder/core.wasm"
    component "$folder/core.wasm" "$1"
    rm -r "$folder"
}
