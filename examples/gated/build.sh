#!/bin/sh
# Builds the examples into build/<language>.wasm: all of them, or those named as arguments.
# Prints one line for each. A language whose tools are missing is skipped; a failed build is an
# error. Installs only below this directory.
set -u
cd "$(dirname "$0")" || exit 1
mkdir -p build || exit 1

readonly SKIPPED=75

# Ends the subshell of a language.
skip() {
    echo "skipped $language: $1"
    exit $SKIPPED
}

# Runs a command with its output in the log of the language.
logged() {
    "$@" >>"$log" 2>&1
}

build_rust() {
    command -v cargo >/dev/null || skip "cargo is not installed"
    [ -d "$(rustc --print target-libdir --target wasm32-wasip2)" ] ||
        skip "the target wasm32-wasip2 is not installed"
    logged cargo build --manifest-path rust/Cargo.toml --target-dir build/target --locked \
        --release --target wasm32-wasip2 &&
        cp build/target/wasm32-wasip2/release/gated_example.wasm "$output"
}

build_python() {
    command -v python3 >/dev/null || skip "python3 is not installed"
    [ -x build/venv/bin/python ] || logged python3 -m venv build/venv ||
        skip "python3 cannot make a virtual environment"
    logged build/venv/bin/python -m pip install --requirement python/requirements.txt ||
        skip "pip cannot install componentize-py"
    logged build/venv/bin/componentize-py -d wit -w app componentize -p python app -o "$output"
}

build_javascript() {
    command -v npm >/dev/null || skip "npm is not installed"
    node -e 'process.exit(Number.parseInt(process.versions.node) >= 20 ? 0 : 1)' ||
        skip "Node is older than 20"
    # npm writes this file at the end of an installation.
    if ! [ javascript/node_modules/.package-lock.json -nt javascript/package-lock.json ]; then
        if ! logged npm ci --prefix javascript; then
            # package.json and package-lock.json disagree.
            grep -q EUSAGE "$log" && return 1
            skip "npm cannot install jco"
        fi
    fi
    logged npm run build --prefix javascript
}

failed=0
for language in ${*:-rust python javascript}; do
    log=build/$language.log
    output=build/$language.wasm
    rm -f "$output"
    : >"$log"
    ("build_$language")
    case $? in
        0) echo "built $output $(wc -c <"$output" | tr -d ' ')" ;;
        $SKIPPED) ;;
        *)
            cat "$log" >&2
            echo "failed $language" >&2
            failed=1
            ;;
    esac
done
exit $failed
