# Sourced by check: the GPU backend on what a machine without a GPU can have. Each section installs what it needs; where that cannot be it
# says so in one line and is no failure.

# A program that ProgramList does not name is a fault in all tests, and OpenCL's compiler keeps what it has built.
export TORCH_GPU_LISTED=1 POCL_CACHE_DIR="$root/.build/pocl"

gpu_tests=(swift test -c release --skip-build --disable-testable-imports --disable-xctest --filter)

# A loader of OpenCL and a driver for it.
has_opencl() {
  PATH="$PATH:/sbin" ldconfig -p | grep 'libOpenCL\.so\.1 ' > /dev/null || return 1
  [ -n "${OCL_ICD_VENDORS:-}${OCL_ICD_FILENAMES:-}" ] || compgen -G '/etc/OpenCL/vendors/*.icd' > /dev/null
}

# database_on DEVICE COMMAND...: PyTorch's test database on a device, nothing on the processor instead. 1 where only cases failed that the
# floor, which is the processor's, does not hold.
database_on() {
  local device=$1
  shift
  "$@" "$release/torch-conformance" Tests/Conformance/cases --device "$device" --floor Tests/Conformance/cases.floor.txt \
    --tier Tools/conformance/tier1.txt --timeout 120
}

# A driver of OpenCL: where there is none, PoCL, which computes on the processor. PyTorch's test database on the device: what passes on the
# processor passes there. The section `tests` has the backend's own tests.
opencl() {
  local status=0 why
  [ "$(uname)" = Linux ] || { echo "skipped: this section knows OpenCL on Linux"; return; }
  if ! has_opencl; then
    why=$(install_for_checks ocl-icd-libopencl1 pocl-opencl-icd) || { echo "skipped: no driver of OpenCL: $why"; return; }
  fi
  mkdir -p "$POCL_CACHE_DIR"
  database_on opencl:0 env || status=$?
  [ $status -le 1 ]
}

oclgrind_library() { dpkg -L oclgrind 2> /dev/null | grep -m 1 '/liboclgrind-rt-icd\.so$' || true; }

# Kernels of every family under Oclgrind, which looks at each access to memory; and faults planted in kernels, which it must find.
under_oclgrind() {
  local library why
  [ "$(uname)" = Linux ] || { echo "skipped: this section knows Oclgrind on Linux"; return; }
  library=$(oclgrind_library)
  if [ -z "$library" ]; then
    why=$(install_for_checks ocl-icd-libopencl1 oclgrind) || { echo "skipped: $why"; return; }
    library=$(oclgrind_library)
  fi
  [ -n "$library" ] || { echo "skipped: the package oclgrind holds no driver"; return; }
  tests oclgrind env TORCH_OCLGRIND_LIBRARY="$library" "${gpu_tests[@]}" 'TorchGPUTests.*Oclgrind' || return 1
  cat "$logs/oclgrind.summary"
}

# CUDA without a card: CUDA's own compiler builds every program of the GPU backend, and the driver's code runs on a fake of CUDA's
# driver that does what the compiler made. Needs that compiler, which is fetched once.
cuda() {
  local nvrtc bad=0 status=0 spread=--spread
  [ "$(uname)" = Linux ] || { echo "skipped: the fake of CUDA's driver runs on Linux"; return; }
  nvrtc=$(Tools/cuda/nvrtc) || { echo "skipped: $nvrtc"; return; }
  local fake="$root/.build/cuda/libfakecuda.so"
  Tests/FakeCUDA/build "$fake" || return 1
  local with=(env TORCH_NVRTC_LIBRARY="$nvrtc" TORCH_CUDA_LIBRARY="$fake" TORCH_CUBLAS_LIBRARY="$fake" FAKE_CUDA_DEVICES=8)
  # Each for one of three kinds of cards; for all of them where everything is checked.
  if $everything; then spread=; fi
  "${with[@]}" "$release/gpu-programs" $spread --known .build/cuda/programs.txt || bad=1
  tests cuda "${with[@]}" "${gpu_tests[@]}" 'TorchGPUTests.*CUDA' || bad=1
  if [ -f "$logs/cuda.summary" ]; then cat "$logs/cuda.summary"; fi
  database_on cuda:0 "${with[@]}" || status=$?
  [ $status -le 1 ] || bad=1
  return $bad
}
