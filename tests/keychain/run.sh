#!/usr/bin/env bash
# Signs in with the command and keeps the session in GNOME Keyring, on a bus and in a folder of its own.
# Without GNOME Keyring, and without a way to install it, it is skipped with a line that says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
has() { command -v gnome-keyring-daemon >/dev/null && command -v dbus-run-session >/dev/null; }
if ! has; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    (apt-get update -qq && timeout 100 apt-get install -y -qq --no-install-recommends gnome-keyring dbus) >/dev/null 2>&1 || true
  fi
  has || { echo "keychain: skipped, GNOME Keyring is not here and cannot be installed"; exit 0; }
fi
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cargo test -q -p coze-cli --test login --no-run
# The daemon alone gets the empty folder; HOME stays that of cargo.
timeout 300 dbus-run-session -- bash -c '
  set -euo pipefail
  printf secret | HOME=$1 XDG_DATA_HOME=$1 XDG_RUNTIME_DIR=$1 gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null &
  trap "kill %1" EXIT
  cargo test -q -p coze-cli --test login -- --ignored --exact a_session_is_kept_in_the_keychain_of_the_system
' keychain "$home"
echo "keychain: sessions are kept in GNOME Keyring"
