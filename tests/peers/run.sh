#!/usr/bin/env bash
# Runs the tours of the official SDKs against the emulator. An SDK that cannot be installed is skipped with a line that says so.
# The SDKs go to PEERS_DIR, by default a folder of the build, never into the sources.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."  # the workspace
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
peers=${PEERS_DIR:-$target/peers}
mkdir -p "$peers"
cargo build -q -p coze-cli
# A service app as its clients have it, and one that needs no key.
key=$(awk '{printf "%s\\n", $0}' crates/coze-emulator/tests/keys/app.key.pem)
printf '{"client_type":"jwt","client_id":"app-1","public_key_id":"key-1","private_key":"%s"}' "$key" >"$peers/app.json"
printf '{"client_id":"peer"}' >"$peers/peer.json"
"$target/debug/coze" emulator --listen 127.0.0.1:0 --workflows "$here" --app "$peers/app.json" --app "$peers/peer.json" >"$peers/serve.out" 2>/dev/null &
server=$!
trap 'kill $server' EXIT
for _ in $(seq 50); do
  url=$(sed -n 's/^listening on //p' "$peers/serve.out")
  [ -n "$url" ] && break
  sleep 0.1
done

if [ -x "$peers/venv/bin/python" ] || python3 -m venv "$peers/venv" 2>/dev/null; then
  if "$peers/venv/bin/python" -c 'import cozepy' 2>/dev/null || timeout 50 "$peers/venv/bin/pip" install -q cozepy >/dev/null 2>&1; then
    "$peers/venv/bin/python" -W ignore "$here/tour.py" "$url" "$peers/app.json"
    "$peers/venv/bin/python" -W ignore "$here/test_program.py" "$url"
  else
    echo "cozepy: skipped, it cannot be installed"
  fi
  # Another verifier for the JWTs of service apps.
  if "$peers/venv/bin/python" -c 'import jwt, cryptography' 2>/dev/null || timeout 50 "$peers/venv/bin/pip" install -q pyjwt cryptography >/dev/null 2>&1; then
    COZE_TEST_PYTHON="$peers/venv/bin/python" cargo test -q -p coze-auth --features ring --test pyjwt
  else
    echo "PyJWT: skipped, it cannot be installed"
  fi
else
  echo "cozepy: skipped, python3 with venv is not here"
fi

if command -v npm >/dev/null; then
  mkdir -p "$peers/node"
  [ -e "$peers/node/package.json" ] || echo '{"private":true}' >"$peers/node/package.json"
  if [ -d "$peers/node/node_modules/@coze/api" ] || (cd "$peers/node" && timeout 50 npm install --silent @coze/api >/dev/null 2>&1); then
    (cd "$peers/node" && node "$here/tour.mjs" "$url" "$peers/app.json")
    cd "$peers/node"
    if [ -d node_modules/typescript ] || timeout 50 npm install --silent typescript @types/node >/dev/null 2>&1; then
      cp "$here/test_program.mts" .
      npx tsc --strict --module nodenext --target es2022 --types node --skipLibCheck test_program.mts
      node test_program.mjs "$url"
    else
      echo "TypeScript: skipped, it cannot be installed"
    fi
  else
    echo "@coze/api: skipped, it cannot be installed"
  fi
else
  echo "@coze/api: skipped, npm is not here"
fi
