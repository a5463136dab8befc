#!/bin/sh
# Makes what deploy/compose.yaml mounts: an identity for each of three members, a pre-shared key, a token,
# and one config that names them all. Run it once; it leaves alone what is there.
#
# TALLYMESH is the command (that of this checkout), STATE the folder (deploy/state).
set -eu
cd "$(dirname "$0")/.."
tallymesh=${TALLYMESH:-$PWD/node_modules/.bin/tallymesh}
state=${STATE:-$PWD/deploy/state}
umask 077
mkdir -p "$state/config"
[ -e "$state/config/cluster.key" ] || "$tallymesh" key new "$state/config/cluster.key" >/dev/null 2>&1
[ -e "$state/config/tokens" ] || printf 'write %s\n' "$(openssl rand -hex 32)" >"$state/config/tokens"

members= peers=
for name in one two three; do
  id=$("$tallymesh" id --data "$state/$name")
  members="$members${members:+, }\"$id\""
  peers="$peers${peers:+, }\"/dns4/$name/tcp/9390/p2p/$id\""
done
cat >"$state/config/config.json" <<JSON
{
  "http": "0.0.0.0:8390",
  "token": "/config/tokens",
  "listen": ["/ip4/0.0.0.0/tcp/9390"],
  "psk": "/config/cluster.key",
  "member": [$members],
  "peer": [$peers]
}
JSON

# The image runs as uid 1000 (node). Only root can hand files to another user.
if [ "$(id -u)" = 0 ]; then chown -R 1000:1000 "$state"; fi
echo "ready: docker compose -f deploy/compose.yaml up --build"
echo "then:  tallymesh status --url http://127.0.0.1:8391 --token $state/config/tokens"
