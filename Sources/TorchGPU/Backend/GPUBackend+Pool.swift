import TorchBackend

// Maxima of windows. Each thread finds one result; in the gradient it asks the windows over its element, so that nothing needs to be
// added by several threads.

extension GPUBackend {
  package func maxPool(_ spec: PoolSpec, _ x: Strided, into out: Strided, places: Strided?) {
    if out.count == 0 { return }
    let input = Volume(x), output = Volume(out)
    var arguments = GPUArguments()
    arguments.add(Int64(out.count))
    arguments.add(windows: spec, input, output)
    arguments.add(x)
    arguments.add(eight: input.allStrides)
    arguments.add(out)
    arguments.add(eight: output.allStrides)
    arguments.add(Int32(places == nil ? 0 : 1))
    // Nothing is written there where no places are wanted.
    arguments.add(places ?? out)
    arguments.add(eight: Volume(places ?? out).allStrides)
    run("max_pool", of: program("pool", [("OP", "MAXIMA")], x: x.dtype), count: out.count, arguments)
  }

  package func maxPoolGradient(_ spec: PoolSpec?, _ gradient: Strided, places: Strided, into out: Strided) {
    if out.count == 0 { return }
    // The place of a window without an element may be that of one which is not near.
    guard let spec, spec.eachWindowHasAnElement(of: out.shape) else {
      return addPlaneByPlane(gradient, places: places, into: out)
    }
    let input = Volume(out), output = Volume(gradient)
    var arguments = GPUArguments()
    arguments.add(Int64(out.count))
    arguments.add(windows: spec, input, output)
    arguments.add(gradient)
    arguments.add(eight: output.allStrides)
    arguments.add(places)
    arguments.add(eight: Volume(places).allStrides)
    arguments.add(out)
    arguments.add(eight: input.allStrides)
    run(
      "max_pool_slope", of: program("pool", [("OP", "SLOPES")], x: gradient.dtype, out: out.dtype), count: out.count,
      arguments)
  }

  /// Each plane by one thread, from zeros; half types add up in float32.
  private func addPlaneByPlane(_ gradient: Strided, places: Strided, into out: Strided) {
    let dtype: DType = out.dtype.isHalf ? .float32 : out.dtype
    let isThere = out.isContiguous && out.dtype == dtype
    let target = isThere ? out : allocate(Layout(contiguous: out.shape), dtype: dtype)
    fill(target, with: .int(0))
    let planes = out.shape[0] * out.shape[1], slopes = contiguous(gradient), found = contiguous(places)
    var arguments = GPUArguments()
    arguments.add(Int64(planes))
    arguments.add(Int64(gradient.count / planes))
    arguments.add(Int64(out.count / planes))
    for operand in [slopes, found, target] { arguments.add(operand) }
    // Arguments are blocks without owners: copies stay until the kernel is queued.
    withExtendedLifetime((slopes, found)) {
      run(
        "max_pool_slope_planes", of: program("pool", [("OP", "SLOPES")], x: gradient.dtype, out: dtype), count: planes,
        arguments)
    }
    if !isThere { copy(target, into: out) }
  }
}

extension PoolSpec {
  /// Whether each window over an input `[N, C, sizes...]` has an element.
  fileprivate func eachWindowHasAnElement(of input: Shape) -> Bool {
    // Taps of a window that begins before the input may step over it; one that begins in it has its first tap.
    kernel.indices.allSatisfy { d in
      padding[d] == 0 || (padding[d] - 1) / dilation[d] + 1 < kernel[d] && dilation[d] <= input[d + 2]
    }
  }
}

extension GPUArguments {
  /// The kernels' WINDOW_ARGUMENTS.
  fileprivate mutating func add(windows spec: PoolSpec, _ input: Volume, _ output: Volume) {
    add(eight: [input.inner] + input.sizes)
    add(eight: output.sizes)
    add(eight: three(spec.kernel, 1) + three(spec.stride, 1))
    add(eight: three(spec.padding, 0) + three(spec.dilation, 1))
  }
}
