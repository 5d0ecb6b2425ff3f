#!/usr/bin/env bash
# Opens the emulator's page in a headless Chromium and uses it as a person does.
# Without a browser, and without a way to install one, it is skipped with a line that says so.
# SCREENSHOTS=FOLDER writes the pictures of the guide there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
command -v node >/dev/null || { echo "browser: skipped, there is no Node"; exit 0; }
if ! browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome); then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    (apt-get update -qq && timeout 100 apt-get install -y -qq --no-install-recommends chromium) >/dev/null 2>&1 || true
  fi
  browser=$(command -v chromium) || { echo "browser: skipped, there is no Chromium and it cannot be installed"; exit 0; }
fi
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
work=$(mktemp -d)
cargo build -q -p coze-emulator --example serve
"$target/debug/examples/serve" 127.0.0.1:0 "$here" >"$work/serve.out" &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
url=
for _ in $(seq 50); do
  url=$(sed -n 's/^listening on //p' "$work/serve.out")
  [ -n "$url" ] && break
  sleep 0.1
done
[ -n "$url" ] || { echo "the emulator did not start" >&2; exit 1; }
timeout 170 node "$here/page.mjs" "$browser" "$url" ${SCREENSHOTS:+"$SCREENSHOTS"}
# The SDK is there when its tour was run.
modules=${PEERS_DIR:-$target/peers}/node/node_modules
if [ -d "$modules/@coze/api/dist/umd" ]; then
  timeout 100 node "$here/sdk.mjs" "$browser" "$url" "$modules"
else
  echo "browser: the official SDK is skipped, it is not in $modules (tests/peers/run.sh installs it)"
fi
