import Testing
import TorchNN

/// How near numbers of a dtype are wanted to be.
struct Tolerance {
  var relative: Double, absolute: Double

  init(_ dtype: DType) {
    switch dtype {
    case .float64: (relative, absolute) = (1e-10, 1e-10)
    case .float32: (relative, absolute) = (1e-4, 2e-5)
    case .float16: (relative, absolute) = (4e-3, 4e-3)
    case .bfloat16: (relative, absolute) = (3e-2, 3e-2)
    default: (relative, absolute) = (0, 0)
    }
  }
}

/// Computes the same on the processor and on `opencl:0`, and wants equal results and, for floating point, equal gradients.
func agrees(
  _ what: String, _ inputs: [Tensor], gradients: Bool = true, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: ([Tensor]) -> [Tensor]
) {
  let device = Device(.opencl)
  func run(_ device: Device) -> [Tensor] {
    let leaves = inputs.map { x -> Tensor in
      let leaf = x.detach().to(device)
      return gradients && x.dtype.isFloatingPoint ? leaf.requiresGrad_() : leaf
    }
    let results = body(leaves)
    guard gradients else { return results }
    for result in results where result.requiresGrad {
      let slope = Tensor.arange(0, result.numel()).view(result.shape).sin().to(result.dtype).to(device)
      result.backward(gradient: slope, retainGraph: true)
    }
    return results + leaves.compactMap(\.grad)
  }
  let wanted = run(.cpu), got = run(device)
  #expect(wanted.count == got.count, "\(what)", sourceLocation: sourceLocation)
  for (index, (theirs, ours)) in zip(wanted, got).enumerated() {
    #expect(ours.device == device, "\(what)", sourceLocation: sourceLocation)
    #expect(ours.dtype == theirs.dtype && ours.shape == theirs.shape, "\(what)", sourceLocation: sourceLocation)
    let here = ours.detach().cpu(), there = theirs.detach(), tolerance = Tolerance(there.dtype)
    let isEqual =
      there.dtype.isFloatingPoint
      ? here.to(.float64).allclose(
        there.to(.float64), rtol: tolerance.relative, atol: tolerance.absolute, equalNan: true)
      : here.equal(there)
    #expect(
      isEqual,
      "\(what), result \(index) of \(there.dtype.name), apart \((here.to(.float64) - there.to(.float64)).abs().max())",
      sourceLocation: sourceLocation)
  }
}
