#!/usr/bin/env bash
# The client on wasm32-unknown-unknown, over fetch: builds tests/wasm, and lets Node call the emulator with it. Skipped with a
# line that says so where the target, Node or what makes the module cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."  # the workspace
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
wasm=wasm32-unknown-unknown
skip() { echo "wasm: skipped, $*"; exit 0; }

[ -d "$(rustc --print sysroot)/lib/rustlib/$wasm/lib" ] || rustup target add $wasm >/dev/null 2>&1 || skip "the target $wasm cannot be installed"
# Without the connections over fetch as well, over a transport of one's own.
cargo check -q -p coze-workflow --no-default-features --target $wasm
cargo build -q -p coze-wasm --target $wasm --profile wasm
command -v node >/dev/null || skip "node is not here"
cargo build -q --manifest-path "$here/bindgen/Cargo.toml" --target-dir "$target/bindgen" || skip "what makes the module cannot be built"
out=$target/wasm-node
"$target/bindgen/debug/bindgen" "$target/$wasm/wasm/coze_wasm.wasm" "$out"
echo "wasm: $(wc -c <"$out/coze_wasm_bg.wasm") bytes, $(gzip -c "$out/coze_wasm_bg.wasm" | wc -c) compressed"

cargo build -q -p coze-emulator --example serve
"$target/debug/examples/serve" 127.0.0.1:0 "$here/workflows" >"$out/serve.out" &
server=$!
trap 'kill $server' EXIT
for _ in $(seq 50); do
  url=$(sed -n 's/^listening on //p' "$out/serve.out")
  [ -n "$url" ] && break
  sleep 0.1
done
timeout 60 node "$here/run.mjs" "$out" "$url"
