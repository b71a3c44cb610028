#!/bin/sh
# Checks the gate in a real Spin (4.1 or newer), in both forms. Needs spin, wac, curl, the built
# gate and examples/gated/build/rust.wasm, and two access tokens of the issuer whose public key is
# given: one of an ordinary user, one of an administrator.
#
#     examples/gated/spin-check.sh keys/public.pem "$USER_TOKEN" "$ADMIN_TOKEN"
#
# Prints one line for each request, `ok` or `FAILED`; expected output:
#
#     composed
#     ok 200 GET / without a token
#     ok 401 GET /me without a token
#     ok 401 GET /me with a forged header
#     ok 200 GET /me with the user's token
#     ok the application sees the role of the token, not of the header
#     ok 403 POST /echo with the user's token
#     ok 200 POST /echo with the administrator's token
#     ok 40 MB come back unchanged
#     ok 401 POST /me of 4 MB, read by a client that sends everything first
#     middleware
#     (the same nine lines)
#     middleware without settings
#     ok 503 GET / without a token
#     ok 503 GET /me with the user's token
set -u
[ $# -eq 3 ] || { sed -n '2,26s/^# \{0,1\}//p' "$0"; exit 2; }
key=$(realpath "$1") user=$2 admin=$3
cd "$(dirname "$0")/rust" || exit 1
address=127.0.0.1:3979
scratch=$(mktemp -d)
failed=0 spin=

stop() {
    [ -z "$spin" ] || { kill "$spin" && wait "$spin"; } 2>/dev/null
    spin=
}
trap 'stop; rm -rf "$scratch" spin.unset.toml' EXIT

start() {
    stop
    spin up "$@" --listen $address --state-dir "$scratch/state" >"$scratch/log" 2>&1 &
    spin=$!
    for _ in $(seq 100); do
        curl -s -o /dev/null "http://$address/" && return
        sleep 0.2
    done
    cat "$scratch/log" >&2
    echo "FAILED Spin does not respond"
    exit 1
}

report() {
    if [ "$1" = "$2" ]; then
        echo "ok $3"
    else
        echo "FAILED $3: got $1"
        failed=1
    fi
}

# expect STATUS DESCRIPTION CURL-ARGUMENTS...
expect() {
    status=$1 description=$2
    shift 2
    report "$(curl -s -o "$scratch/body" -w '%{http_code}' "$@")" "$status" "$status $description"
}

guarded() {
    expect 200 "GET / without a token" "http://$address/"
    expect 401 "GET /me without a token" "http://$address/me"
    expect 401 "GET /me with a forged header" -H "X-Auth-Role: admin" "http://$address/me"
    expect 200 "GET /me with the user's token" -H "Authorization: Bearer $user" \
        -H "X-Auth-Role: admin" -H "x_auth_role: admin" "http://$address/me"
    grep -q '"role":"admin"' "$scratch/body"
    report $? 1 "the application sees the role of the token, not of the header"
    expect 403 "POST /echo with the user's token" -H "Authorization: Bearer $user" -d hello \
        "http://$address/echo"
    expect 200 "POST /echo with the administrator's token" -H "Authorization: Bearer $admin" \
        -d hello "http://$address/echo"
    head -c 40000000 /dev/urandom >"$scratch/large"
    curl -s -H "Authorization: Bearer $admin" -H "Expect:" --data-binary "@$scratch/large" \
        "http://$address/echo" | cmp -s - "$scratch/large"
    report $? 0 "40 MB come back unchanged"
    head -c 4000000 "$scratch/large" >"$scratch/small"
    expect 401 "POST /me of 4 MB, read by a client that sends everything first" -H "Expect:" \
        --data-binary "@$scratch/small" "http://$address/me"
}

wac plug --plug ../build/rust.wasm ../../../target/wasm32-wasip2/release/edge_gate.wasm \
    -o gated.wasm || exit 1
echo composed
start --from spin.toml --variable "public_key=@$key"
guarded

echo middleware
start --from spin.middleware.toml --variable "public_key=@$key"
guarded

echo "middleware without settings"
sed '/^jwt_gate_/,$d' spin.middleware.toml >spin.unset.toml
start --from spin.unset.toml --variable "public_key=@$key"
expect 503 "GET / without a token" "http://$address/"
expect 503 "GET /me with the user's token" -H "Authorization: Bearer $user" "http://$address/me"
exit $failed
