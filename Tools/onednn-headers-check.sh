#!/usr/bin/env bash
# Compiles the sources over oneDNN against the headers of another version of it, without building or running anything:
#
#     Tools/onednn-headers-check.sh INCLUDE_DIRECTORY...
#
# A directory is one that holds dnnl.h, or oneapi/dnnl/dnnl.h. The newest headers come with `pip install onednn-devel`
# (ENVIRONMENT/include), those of a 3.2 that also runs with `pip install onednn-devel-cpu-gomp onednn-cpu-gomp`.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -gt 0 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | grep -v '^set'; exit 2; }
status=0
for include in "$@"; do
  version=$(grep -hoE '#define DNNL_VERSION_(MAJOR|MINOR|PATCH) [0-9]+' -r "$include" | sort -u | awk '{v[$2] = $3}
    END {print v["DNNL_VERSION_MAJOR"] "." v["DNNL_VERSION_MINOR"] "." v["DNNL_VERSION_PATCH"]}')
  [ "$version" != .. ] || { echo "$include: no oneDNN headers here" >&2; status=1; continue; }
  for source in "$root"/Sources/CTorchDNN/*.c; do
    clang -std=c2x -fsyntax-only -Wall -Wextra -Werror -I"$include" -I"$root/Sources/CTorchDNN/include" \
      -I"$root/Sources/CTorchRuntime/include" "$source" || status=1
  done
  [ $status -ne 0 ] || echo "oneDNN $version: the sources compile"
done
exit $status
