#!/usr/bin/env bash
# The compiled core under the compilers' sanitizers, in a build and an environment of their own (Linux).
#   tests/sanitize.sh address   AddressSanitizer and UndefinedBehaviorSanitizer, by gcc: the tests that reach
#                               compiled code, and damaged model files
#   tests/sanitize.sh thread    ThreadSanitizer, by clang 19: many threads at once. Needs the packages clang-19, llvm-19,
#                               libclang-rt-19-dev and libomp-19-dev, whose Archer tells it what OpenMP orders
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Make an environment with the core built for the sanitizers that are named, and what the extra needs.
install() {
    python3 -m venv "$work/venv"
    "$work/venv/bin/python" -m pip install --quiet --config-settings=build-dir="$work/build" \
        --config-settings=cmake.build-type=RelWithDebInfo --config-settings=cmake.define.ARDENS_SANITIZE="$1" ".$2"
}
# Python itself is not instrumented, so the runtime must be there before it. Its own small pools would
# hide what happens in them.
run() { env LD_PRELOAD="$preload" PYTHONMALLOC=malloc "$@"; }

case "${1:-}" in
address)
    export CC=gcc CXX=g++
    install address,undefined '[test]'
    preload="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libstdc++.so)"
    # Python keeps memory until it ends, which is no leak. Some tests ask for more memory than there is.
    export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    run "$work/venv/bin/python" -m pytest tests/{checks,codes,composites,core,training} tests/cli/test_checkpoints.py \
        tests/models/test_{codes,continuing,counts,description,ends,fitting,nade,resuming,sampling,tabular}.py \
        tests/promises/test_kills.py tests/storage/test_{atomic,container}.py \
        tests/test_{divergence,optim,persistence}.py
    run "$work/venv/bin/python" tests/fuzz_loading.py 3000 --growth 256
    ;;
thread)
    export CC=clang-19 CXX=clang++-19
    install thread ''
    preload=$(clang++-19 -print-file-name=libclang_rt.tsan-x86_64.so)
    export OMP_TOOL_LIBRARIES=/usr/lib/llvm-19/lib/libarcher.so ARCHER_OPTIONS=verbose=1
    # The OpenMP runtime is not instrumented either. With random addresses (no -R), something may lie where the
    # sanitizer wants its tables.
    export TSAN_OPTIONS=ignore_noninstrumented_modules=1:external_symbolizer_path=/usr/lib/llvm-19/bin/llvm-symbolizer
    run setarch -R "$work/venv/bin/python" tests/race.py
    ;;
*)
    sed -n '2,6s/^# //p' "$0" >&2
    exit 2
    ;;
esac
