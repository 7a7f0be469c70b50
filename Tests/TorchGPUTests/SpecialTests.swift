import Testing
import TorchNN

/// Special functions on a device: the same formulas as the processor's, in double on both.
@Suite(.enabled(if: OpenCL.isAvailable, "OpenCL has no device here"))
struct SpecialTests {
  /// One result's rounding in the dtype, and some of the functions that the compiler brings.
  static let floats: [(DType, Double)] = [(.float64, 1e-12), (.float32, 2.4e-7), (.float16, 1e-3), (.bfloat16, 8e-3)]

  static let functions: [(String, @Sendable (Tensor) -> Tensor)] = [
    ("erfinv", { $0.erfinv() }), ("digamma", { $0.digamma() }), ("polygamma 1", { $0.polygamma(n: 1) }),
    ("polygamma 2", { $0.polygamma(n: 2) }), ("polygamma 3", { $0.polygamma(n: 3) }), ("logit", { $0.logit() }),
    ("logit, held", { $0.logit(eps: 0.125) }), ("sinc", { $0.sinc() }), ("i0", { $0.i0() }),
    ("i0e", { Special.i0e($0) }),
    ("i1", { Special.i1($0) }), ("i1e", { Special.i1e($0) }), ("erfcx", { Special.erfcx($0) }),
    ("logNdtr", { Special.logNdtr($0) }), ("ndtri", { Special.ndtri($0) }), ("entr", { Special.entr($0) }),
    ("mantissa", { $0.frexp().mantissa }), ("exponent", { $0.frexp().exponent }),
  ]

  /// Numbers of all sizes, the ends of what the functions take, both zeros, infinities and NaN.
  static func numbers(_ dtype: DType) -> Tensor {
    let list: [Double] = [
      0, 0.5, 1, 1e-12, 1e-5, 0.001, 0.1, 0.125, 0.25, 0.4, 0.6, 0.75, 0.9, 0.99, 0.999, 1.5, 2, 2.5, 3.25, 5.75, 6,
      7.5, 9.5,
      10, 12.25, 27, 29.5, 30.5, 60, 88, 700.5, 4000, 1e10, 1e-40, .infinity,
    ]
    return Tensor(list + list.map { -$0 } + [.nan], dtype: dtype)
  }

  private func expectAlike(
    _ name: String, _ inputs: [Tensor], rtol: Double, sourceLocation: SourceLocation = #_sourceLocation,
    _ op: ([Tensor]) -> Tensor
  ) {
    let there = op(inputs.map { $0.to(.opencl) }).cpu(), here = op(inputs)
    #expect(there.dtype == here.dtype && there.shape == here.shape, "\(name)", sourceLocation: sourceLocation)
    let got = there.double(), wanted = here.double()
    #expect(
      got.allclose(wanted, rtol: rtol, atol: 1e-300, equalNan: true)
        && got.signbit().logicalAnd(got .== got).equal(
          wanted.signbit().logicalAnd(wanted .== wanted)),
      "\(name) of \(inputs[0].dtype): \(worst(got, wanted, inputs))", sourceLocation: sourceLocation)
  }

  private func worst(_ got: Tensor, _ wanted: Tensor, _ inputs: [Tensor]) -> String {
    let x: [Double] = inputs[0].expand(got.shape).double().array(), a: [Double] = got.array(),
      b: [Double] = wanted.array()
    return x.indices.filter { a[$0] != b[$0] && !(a[$0].isNaN && b[$0].isNaN) }
      .map { "\(x[$0]): \(a[$0]) for \(b[$0])" }.prefix(40).joined(separator: ", ")
  }

  @Test(arguments: floats) func values(_ dtype: DType, _ rtol: Double) {
    let x = Self.numbers(dtype)
    for (name, op) in Self.functions { expectAlike(name, [x], rtol: rtol) { op($0[0]) } }
  }

  @Test(arguments: floats) func pairs(_ dtype: DType, _ rtol: Double) {
    let x = Self.numbers(dtype)
    expectAlike("zeta", [x.unsqueeze(1), x.abs()], rtol: rtol) { Special.zeta($0[0], $0[1]) }
    // Below zero, where the terms cancel in part.
    let orders = Tensor([2.0, 3, 4, 7, 1.5], dtype: dtype),
      below = -Tensor([1e-6, 0.25, 0.5, 1, 1.5, 2.75, 12.5], dtype: dtype)
    expectAlike("zeta below 0", [orders.unsqueeze(1), below], rtol: 10 * rtol) { Special.zeta($0[0], $0[1]) }
    expectAlike("ldexp", [x.unsqueeze(1), x.round()], rtol: rtol) { $0[0].ldexp($0[1]) }
  }

  /// To the bit, over the steps from zero to the least number, to the normal ones and on to infinity.
  @Test(arguments: floats) func nextNumbers(_ dtype: DType, _ rtol: Double) {
    let bounds: (normal: Double, largest: Double) =
      switch dtype {
      case .float16: (0x1p-14, 65504)
      case .bfloat16: (0x1p-126, 0x1.fep127)
      case .float32: (0x1p-126, Double(Float.greatestFiniteMagnitude))
      default: (Double.leastNormalMagnitude, .greatestFiniteMagnitude)
      }
    let zero = Tensor([0.0], dtype: dtype), up = Tensor([Double.infinity], dtype: dtype)
    let normal = Tensor([bounds.normal], dtype: dtype), largest = Tensor([bounds.largest], dtype: dtype)
    let least = zero.nextafter(up)
    let steps = Tensor.cat([
      zero, least, least.nextafter(up), normal.nextafter(zero), normal, normal.nextafter(up), largest.nextafter(zero),
      largest,
      up, Self.numbers(dtype),
    ])
    let all = Tensor.cat([steps, -steps])
    expectAlike("nextafter", [all.unsqueeze(1), all], rtol: 0) { $0[0].nextafter($0[1]) }
  }

  @Test func gradients() {
    let x = (Tensor.arange(1, 10).double() / 10).view(3, 3), y = x.t() + 1.5
    for (name, op) in Self.functions where name != "exponent" { agrees(name, [x]) { [op($0[0])] } }
    agrees("lgamma", [x]) { [$0[0].lgamma()] }
    agrees("zeta", [x + 2, y]) { [Special.zeta($0[0].detach(), $0[1])] }
    agrees("ldexp", [x, y]) { [$0[0].ldexp($0[1])] }
    agrees("half types", [x.to(.bfloat16)]) { [$0[0].i0(), Special.i1($0[0]), $0[0].digamma()] }
  }
}
