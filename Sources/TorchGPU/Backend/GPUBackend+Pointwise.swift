import TorchBackend

// One element for each element: a program for each op and dtype.

extension GPUBackend {
  package func unary(_ kernel: UnaryKernel, _ x: Strided, a: Double, b: Double, into out: Strided) {
    guard computes(x.dtype) else {
      return onCPU("\(kernel)", reads: [x], writes: [out]) { $0.unary(kernel, $1[0], a: a, b: b, into: $2[0]) }
    }
    ofOne("UNARY", "\(kernel)", x, a: a, b: b, into: out)
  }

  package func test(_ kernel: TestKernel, _ x: Strided, into out: Strided) {
    ofOne("TEST", "\(kernel)", x, a: 0, b: 0, into: out)
  }

  package func binary(_ kernel: BinaryKernel, _ x: Strided, _ y: Strided, alpha: Double, into out: Strided) {
    guard computes(x.dtype) else {
      return onCPU("\(kernel)", reads: [x, y], writes: [out]) {
        $0.binary(kernel, $1[0], $1[1], alpha: alpha, into: $2[0])
      }
    }
    ofTwo("BINARY", "\(kernel)", x, y, alpha: alpha, into: out)
  }

  package func binary(
    _ kernel: BinaryKernel, _ x: Strided, number: Scalar, numberFirst: Bool, alpha: Double, into out: Strided
  ) {
    if out.count == 0 { return }
    guard computes(x.dtype) else {
      return onCPU("\(kernel)", reads: [x], writes: [out]) {
        $0.binary(kernel, $1[0], number: number, numberFirst: numberFirst, alpha: alpha, into: $2[0])
      }
    }
    let views = KernelViews(out, x)
    guard views.fits else {
      let source = contiguous(x)
      return inOrder(out) {
        binary(kernel, source, number: number, numberFirst: numberFirst, alpha: alpha, into: $0)
      }
    }
    var arguments = GPUArguments()
    arguments.add(Int64(out.count))
    arguments.add(sizes: views)
    add(parameter: alpha, of: x.dtype, to: &arguments)
    addNumber(number, as: x.dtype, to: &arguments)
    arguments.add(Int32(numberFirst ? 1 : 0))
    arguments.add(x)
    arguments.add(strides: views, of: 1)
    arguments.add(out)
    arguments.add(strides: views, of: 0)
    arguments.add(block: trouble.address())
    run("pointwise_number", of: pointwise("BINARY", "\(kernel)", 2, x, out), count: out.count, arguments)
  }

  package func compare(_ kernel: CompareKernel, _ x: Strided, _ y: Strided, into out: Strided) {
    ofTwo("COMPARE", "\(kernel)", x, y, alpha: 1, into: out)
  }

  /// Ops that divide, which whole numbers cannot by zero.
  static let divisions: Set<String> = ["div", "floorDivide", "truncDivide", "remainder", "fmod"]

  /// Ops whose programs have the text `special`, which others need not carry.
  static let special: Set<String> = [
    "erfinv", "digamma", "trigamma", "polygamma", "logit", "sinc", "i0", "i0e", "i1", "i1e", "erfcx", "logNdtr",
    "ndtri",
    "entr", "mantissa", "binaryExponent", "nextafter", "zeta", "ldexp",
  ]

  /// Not every device has float64.
  func computes(_ dtype: DType) -> Bool { dtype != .float64 || hasFloat64 }

  private func pointwise(_ family: String, _ op: String, _ operands: Int, _ x: Strided, _ out: Strided) -> ProgramKey {
    let divides = family == "BINARY" && !x.dtype.isFloatingPoint && Self.divisions.contains(op)
    return program(
      Self.special.contains(op) ? "special" : "pointwise",
      [("RESULT", "\(family)_\(op)"), ("OPERANDS", "\(operands)"), ("CHECKS_DIVISOR", divides ? "1" : "0")], x: x.dtype,
      out: out.dtype)
  }

  /// An op's own number, as wide as the dtype computes; beside whole numbers as wide as the device can.
  private func add(parameter: Double, of dtype: DType, to arguments: inout GPUArguments) {
    let isWide = dtype == .float64 || !dtype.isFloatingPoint && hasFloat64
    if isWide { arguments.add(parameter) } else { arguments.add(Float(parameter)) }
  }

  private func ofOne(_ family: String, _ op: String, _ x: Strided, a: Double, b: Double, into out: Strided) {
    if out.count == 0 { return }
    let views = KernelViews(out, x)
    guard views.fits else { return inOrder(out) { ofOne(family, op, contiguous(x), a: a, b: b, into: $0) } }
    var arguments = GPUArguments()
    arguments.add(Int64(out.count))
    if !views.isRow { arguments.add(sizes: views) }
    add(parameter: a, of: x.dtype, to: &arguments)
    add(parameter: b, of: x.dtype, to: &arguments)
    for (operand, view) in [(x, 1), (out, 0)] {
      arguments.add(operand)
      if !views.isRow { arguments.add(strides: views, of: view) }
    }
    run(views.isRow ? "pointwise_row" : "pointwise", of: pointwise(family, op, 1, x, out), count: out.count, arguments)
  }

  private func ofTwo(
    _ family: String, _ op: String, _ x: Strided, _ y: Strided, alpha: Double, into out: Strided
  ) {
    if out.count == 0 { return }
    let views = KernelViews(out, x, y)
    guard views.fits else {
      return inOrder(out) { ofTwo(family, op, contiguous(x), contiguous(y), alpha: alpha, into: $0) }
    }
    var arguments = GPUArguments()
    arguments.add(Int64(out.count))
    if !views.isRow { arguments.add(sizes: views) }
    add(parameter: alpha, of: x.dtype, to: &arguments)
    for (operand, view) in [(x, 1), (y, 2), (out, 0)] {
      arguments.add(operand)
      if !views.isRow { arguments.add(strides: views, of: view) }
    }
    arguments.add(block: trouble.address())
    run(views.isRow ? "pointwise_row" : "pointwise", of: pointwise(family, op, 2, x, out), count: out.count, arguments)
  }

  /// Computes into fresh row-major memory and copies the result to where it belongs.
  func inOrder(_ out: Strided, _ work: (Strided) -> Void) {
    let fresh = allocate(Layout(contiguous: out.shape), dtype: out.dtype)
    work(fresh)
    copy(fresh, into: out)
  }
}
