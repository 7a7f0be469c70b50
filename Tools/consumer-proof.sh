#!/usr/bin/env bash
# Proves that another package can depend on this one by git URL and tag: copies the working tree into a repository of
# its own, tags it, and builds and runs a five-line package that uses it. Prints what the program printed.
#
#   Tools/consumer-proof.sh             always
#   Tools/consumer-proof.sh --cached    only if something that takes part has changed since the last good proof
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

cd "$root"
stamp="$root/.build/consumer-proof"
# Name and content of everything a consumer compiles.
state=$({ find Package.swift Sources Examples -type f -print0 | sort -z | xargs -0 cksum; cat "$0"; } | cksum)
if [ "${1:-}" = --cached ] && [ "$(head -n 1 "$stamp" 2> /dev/null)" = "$state" ]; then
  sed 1d "$stamp"
  exit
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/swift-torch" "$folder/consumer/Sources/consumer"

# Tests and tools stay behind: a consumer does not build them. The manifest names tests, so their folders go along.
tar -cf - --exclude '.build*' Package.swift Sources Examples Tests | tar -xf - -C "$folder/swift-torch"
git=(git -C "$folder/swift-torch" -c user.name=proof -c user.email=proof@localhost -c commit.gpgsign=false)
"${git[@]}" init -q
"${git[@]}" add -A
"${git[@]}" commit -q -m "The working tree"
"${git[@]}" tag 0.1.0

cat > "$folder/consumer/Package.swift" << END
// swift-tools-version: 6.2
import PackageDescription
let package = Package(name: "consumer", platforms: [.macOS(.v26)],
  dependencies: [.package(url: "file://$folder/swift-torch", from: "0.1.0")],
  targets: [.executableTarget(name: "consumer", dependencies: [.product(name: "Torch", package: "swift-torch")])])
END
cat > "$folder/consumer/Sources/consumer/main.swift" << 'END'
import Torch

let x = Tensor([[1, 2], [3, 4]])
print(x.sum())
END
log="$folder/log"
if ! logged "$log" swift build -c release --package-path "$folder/consumer" --disable-dependency-cache; then
  grep -vE '^\[[0-9]+/[0-9]+\] ' "$log" >&2
  stop "a package that depends on this one does not build"
fi
printed=$("$folder/consumer/.build/release/consumer")
[ "$printed" = "tensor(10)" ] || stop "the consumer printed '$printed', not 'tensor(10)'"
mkdir -p "$(dirname "$stamp")"
printf '%s\n%s\n' "$state" "$printed" > "$stamp"
echo "$printed"
