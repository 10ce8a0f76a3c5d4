# Shared by the scripts that run tests, after lib.sh and from the repository's root: goes on after a failure, counts, and
# sums up in the last line.

passed=0 failed=0
failures=()
mkdir -p target
log=$(mktemp target/test-log.XXXXXX)
trap 'rm -f "$log"' EXIT

# suite NAME COMMAND…: counts the tests that cargo reports.
suite() {
    local name=$1 status=0
    shift
    step "$name"
    "$@" 2>&1 | tee "$log" || status=$?
    local ok bad
    read -r ok bad < <(awk '/^test result: / { ok += $4; bad += $6 } END { print ok + 0, bad + 0 }' "$log")
    # A suite that broke without a failing test: it didn't build, or died.
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then bad=1; fi
    if [ "$status" = 0 ] && [ "$ok" = 0 ]; then
        note "no test ran"
        bad=1
    fi
    passed=$((passed + ok)) failed=$((failed + bad))
    if [ "$bad" != 0 ]; then failures+=("$name"); fi
}

# check NAME COMMAND…: counts as one.
check() {
    local name=$1
    shift
    step "$name"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        failures+=("$name")
    fi
}

# sum_up: the last line; fails if anything has.
sum_up() {
    local name
    for name in "${failures[@]}"; do printf 'FAILED: %s\n' "$name"; done
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
}
