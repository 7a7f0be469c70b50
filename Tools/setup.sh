# Sourced by run and check: everything a fresh machine needs before `swift build`, and the look of their output.
#
# Sets `root` and `release`, and defines need_swift, need_libraries, build_quietly, say and stop. Costs a quarter of a
# second where nothing is missing.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
release="$root/.build/release"

say() { printf '%s\n' "$*" >&2; }

stop() {
  say "$(basename "$0"): $*"
  exit 1
}

# Swift 6.3 or newer.
need_swift() {
  command -v swift > /dev/null || stop "Swift 6.3 or newer is needed and no swift is on the PATH: see https://www.swift.org/install"
  local found
  found=$(swiftc --version 2> /dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  case $found in
    '') stop "swiftc --version says nothing: is this Swift whole? $(command -v swiftc)" ;;
    [0-5].* | 6.[0-2] | 6.[0-2].*) stop "Swift 6.3 or newer is needed, this is $found: see https://www.swift.org/install" ;;
  esac
  command -v git > /dev/null || stop "git is needed"
}

# Whether a C program that includes these headers (separated by spaces) links with these libraries (as -lNAME).
links() {
  local header
  {
    for header in $1; do echo "#include <$header>"; done
    echo 'int main(void) { return 0; }'
  } | clang -w -x c - -x none $2 -o /dev/null 2> /dev/null
}

# oneDNN, zlib, libjpeg, libpng and, outside macOS, GNU OpenMP: installed where a package manager is known, named where not.
need_libraries() {
  local openmp=-lgomp
  if [ "$(uname)" = Darwin ]; then openmp=; fi
  local headers="dnnl.h zlib.h stdio.h jpeglib.h png.h" libraries="-ldnnl -lz -ljpeg -lpng $openmp"
  if links "$headers" "$libraries"; then return; fi

  local missing=()
  links dnnl.h -ldnnl || missing+=(onednn)
  links zlib.h -lz || missing+=(zlib)
  links "stdio.h jpeglib.h" -ljpeg || missing+=(jpeg-turbo)
  links png.h -lpng || missing+=(libpng)
  links "" "$openmp" || missing+=(gomp)
  [ ${#missing[@]} -gt 0 ] || stop "clang does not compile a program: $(links_error)"

  if [ "$(uname)" = Darwin ]; then
    # Unverified: nobody has run this on a Mac yet.
    command -v brew > /dev/null || stop "missing: ${missing[*]}. Install them (with Homebrew: onednn zlib jpeg-turbo libpng) and try again"
    say "installing ${missing[*]} with brew (this path has not been tested yet)"
    brew install "${missing[@]}" || stop "brew could not install ${missing[*]}"
  elif command -v apt-get > /dev/null; then
    install_debian "${missing[@]}"
  else
    stop "missing: ${missing[*]}. Install the development packages of oneDNN (libdnnl-dev, onednn-devel), zlib" \
      "(zlib1g-dev, zlib-devel), libjpeg-turbo (libjpeg-dev, libjpeg-turbo-devel), libpng (libpng-dev, libpng-devel)" \
      "and GNU OpenMP (part of gcc) and try again"
  fi
  links "$headers" "$libraries" || stop "installed ${missing[*]}, and a program still does not link with them"
}

links_error() {
  echo 'int main(void) { return 0; }' | clang -x c - -o /dev/null 2>&1 | head -n 1
}

install_debian() {
  local package packages=() as_root=()
  for package in "$@"; do
    case $package in
      onednn) packages+=(libdnnl-dev) ;;
      zlib) packages+=(zlib1g-dev) ;;
      jpeg-turbo) packages+=(libjpeg-dev) ;;
      libpng) packages+=(libpng-dev) ;;
      gomp)
        # clang looks where the newest gcc has its libraries; Debian 12's is 12.
        if grep -q '^VERSION_ID="12"' /etc/os-release; then packages+=(libgcc-12-dev); else packages+=(gcc); fi
        ;;
    esac
  done
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || stop "missing: ${packages[*]}. Install them as root: apt-get install ${packages[*]}"
    as_root=(sudo)
  fi
  local log
  log=$(mktemp)
  if ! apt_install "$log" "${packages[@]}"; then
    cat "$log" >&2
    rm -f "$log"
    stop "apt-get could not install ${packages[*]}"
  fi
  rm -f "$log"
}

# apt_install LOG PACKAGE...: as root, or as `as_root` says. The package lists are only fetched where the ones at hand do not do.
apt_install() {
  local log=$1
  shift
  say "installing $*"
  local apt=(${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get)
  "${apt[@]}" install -y --no-install-recommends "$@" > "$log" 2>&1 \
    || { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "$@"; } > "$log" 2>&1
}

# install_for_checks PACKAGE...: what only a part of the checks needs. Asks nobody; ends with 1 and a line of words where it cannot.
install_for_checks() {
  local as_root=() log="$root/.build/check/apt.log"
  command -v apt-get > /dev/null || { echo "$* must be installed by hand: there is no apt-get"; return 1; }
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2> /dev/null || { echo "install as root: apt-get install $*"; return 1; }
    as_root=(sudo -n)
  fi
  mkdir -p "$(dirname "$log")"
  as_root=(${as_root[@]+"${as_root[@]}"} timeout 300)
  apt_install "$log" "$@" && return
  echo "apt-get could not install $*: $(grep -E '^(E|W):' "$log" | tail -n 1)"
  return 1
}

# The last line of a stream, drawn over itself; nothing where stderr is no terminal. Reads all of it in any case.
last_line() {
  local line width
  if [ ! -t 2 ] || [ "${TERM:-dumb}" = dumb ]; then
    cat > /dev/null
    return
  fi
  width=$(($(tput cols 2> /dev/null || echo 80) - 1))
  while IFS= read -r line; do printf '\r\033[K%s' "${line:0:width}" >&2; done
  printf '\r\033[K' >&2
}

# A command whose output is kept in a file, its last line shown meanwhile: logged FILE COMMAND...
logged() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  set -o pipefail
  "$@" 2>&1 | tee "$log" | last_line
}

# swift build in release with these arguments: silent when all goes well, errors in full when not.
build_quietly() {
  local log="$root/.build/last-build.log"
  if logged "$log" swift build -c release --package-path "$root" "$@"; then return; fi
  # Progress lines help nobody now.
  grep -vE '^\[[0-9]+/[0-9]+\] ' "$log" >&2
  stop "the build failed"
}
