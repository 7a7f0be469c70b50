# Sourced by the tools beside it, after Tools/setup.sh: the documented modules, and what a compiler needs to read them as
# they were built.

# Each stands after those that it uses.
modules=(Torch TorchNN TorchOptim TorchData TorchUtils TorchHub TorchVision)

# need_modules: builds them where they are not. A ./check has built them before.
need_modules() {
  local module
  for module in "${modules[@]}"; do
    if [ ! -f "$release/Modules/$module.swiftmodule" ] || [ ! -f "$release/tutorial.product/Objects.LinkFileList" ]; then
      need_swift
      need_libraries
      say "building the modules (the first time takes some minutes)"
      build_quietly
      return
    fi
  done
}

# Sets `import_flags`: where the modules lie, and the C below them.
find_import_flags() {
  import_flags=(-I "$release/Modules")
  local map folder
  for map in "$release"/*.build/module.modulemap; do import_flags+=(-Xcc "-fmodule-map-file=$map"); done
  for folder in "$root"/Sources/*/include; do import_flags+=(-Xcc -I -Xcc "$folder"); done
}

# toolchain_says KEY: a line of what the compiler says of itself.
toolchain_says() { swiftc -print-target-info | sed -n "s/^ *\"$1\": \"\(.*\)\",*$/\1/p" | head -n 1; }
