#!/usr/bin/env bash
# Opens the emulator's pages in a headless Chromium and looks for what a person should see there.
# Without a browser, and without a way to install one, it is skipped with a line that says so.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
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

chrome() {
  timeout 60 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
    --user-data-dir="$work/profile" --window-size=1100,900 "$@" 2>/dev/null
}
# sees PAGE TEXT: the document that the browser built holds the text.
sees() {
  grep -qF -- "$2" "$work/$1.html" || { echo "$1: '$2' is not on the page" >&2; cat "$work/$1.html" >&2; exit 1; }
}
# call OPERATION BODY: the response of a POST, head and all, over the shell's own sockets.
call() {
  local host=${url#http://}
  exec 3<>"/dev/tcp/${host%:*}/${host##*:}"
  printf 'POST /v1/workflow/%s HTTP/1.1\r\nhost: %s\r\nauthorization: Bearer any\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s' \
    "$1" "$host" "${#2}" "$2" >&3
  cat <&3
  exec 3>&-
}

debug_url() { sed -n 's/.*"debug_url":"\([^"]*\)".*/\1/p' | sed 's/\\u0026/\&/g' | tail -n 1; }
run=$(call run '{"workflow_id":"greeting","parameters":{"name":"<i>Ada</i>"}}' | debug_url)
streamed=$(call stream_run '{"workflow_id":"pages"}' | debug_url)

chrome --dump-dom "$url/" >"$work/front.html"
chrome --dump-dom "$run" >"$work/run.html"
chrome --dump-dom "$streamed" >"$work/streamed.html"
[ -z "${SCREENSHOTS:-}" ] || {
  chrome --screenshot="$SCREENSHOTS/front.png" "$url/"
  chrome --screenshot="$SCREENSHOTS/run.png" "$streamed"
}

sees front '<h1>Coze emulator</h1>'
sees front 'slow-report'
# The browser closes the cells that the page leaves open.
sees front '<td>Success</td></tr>'
sees run '<b id="status">Success</b>'
# Markup in a value is shown, not obeyed.
sees run 'Hello, &lt;i&gt;Ada&lt;/i&gt;!'
sees run ' ms</td></tr>'
sees streamed '<td>0</td><td>Message</td><td>Report</td><td>part one of</td></tr>'
sees streamed '<td>Done</td>'
echo "browser: the pages at / and at two debug URLs are as expected"
