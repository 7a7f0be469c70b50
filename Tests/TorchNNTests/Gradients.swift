import Testing
import Torch

/// A function of one float64 tensor whose gradients of both orders are held against central differences.
struct GradientCase: Sendable, CustomTestStringConvertible {
  let name: String
  let shape: [Int]
  let f: @Sendable (Tensor) -> Tensor
  var testDescription: String { name }

  init(_ name: String, _ shape: [Int], _ f: @escaping @Sendable (Tensor) -> Tensor) {
    (self.name, self.shape, self.f) = (name, shape, f)
  }

  /// - Parameter range: what the numbers are drawn from.
  func check(in range: ClosedRange<Double>, seed: UInt64 = 4) throws {
    let width = range.upperBound - range.lowerBound
    let numbers = Tensor.rand(shape, generator: Generator(seed: seed), dtype: .float64) * width + range.lowerBound
    let x = numbers.detach().requiresGrad_()
    try gradcheck({ f($0[0]) }, [x])
    try gradgradcheck({ f($0[0]) }, [x])
  }
}
