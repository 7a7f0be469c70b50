import Torch
import TorchNN

/// Work that has a quick way: what it gives, values first and gradients after them.
///
/// Run with the quick ways on and off, it must give the same, draw the same and be called the same.
struct FusedWork: Sendable {
  let name: String
  let run: @Sendable () -> [Tensor]

  init(_ name: String, _ run: @escaping @Sendable () -> [Tensor]) { (self.name, self.run) = (name, run) }

  /// A fault where something differs; for a process of its own, since the switches are those of the process.
  /// - Parameter tolerance: how far numbers may lie apart, beside the largest one of their tensor or 1.
  func check(_ tolerance: Double = 2e-5) {
    func results(_ isOn: Bool, threads: Int) -> (tensors: [Tensor], names: [String], draw: Double) {
      backends.cpu.tiledAttention = isOn
      backends.cpu.fusedProducts = isOn
      backends.cpu.fusedDropout = isOn
      backends.cpu.fusedNorms = isOn
      backends.cpu.tapTables = isOn
      backends.cpu.fusedPairs = isOn
      backends.cpu.fusedSoftmax = isOn
      setNumThreads(threads)
      manualSeed(5)
      let tensors = run()
      return (tensors, tensors.map { $0.gradFn?.name ?? "" }, Tensor.rand(1).item())
    }
    let quick = results(true, threads: 2), plain = results(false, threads: 2), alone = results(true, threads: 1)
    guard quick.draw == plain.draw, alone.draw == plain.draw else { fatalError("\(name): the draws differ") }
    guard quick.names == plain.names else { fatalError("\(name): \(quick.names), not \(plain.names)") }
    for (i, (a, b)) in zip(quick.tensors, plain.tensors).enumerated() {
      guard a.shape == b.shape, a.dtype == b.dtype, a.stride() == b.stride() else {
        fatalError("\(name): result \(i) is \(a.signature) \(a.stride()), not \(b.signature) \(b.stride())")
      }
      let (x, y) = (a.detach().double(), b.detach().double())
      let largest = y.where(y.isfinite(), 0).flatten().array(Double.self).map(\.magnitude).max() ?? 0
      guard x.allclose(y, rtol: 0, atol: tolerance * Swift.max(largest, 1), equalNan: true) else {
        let most = (x - y).flatten().array(Double.self).map(\.magnitude).max()!
        fatalError("\(name): result \(i) differs by \(most), the largest number being \(largest)")
      }
      guard bits(a) == bits(alone.tensors[i]) else { fatalError("\(name): result \(i) depends on the threads") }
    }
  }

  private func bits(_ x: Tensor) -> [UInt64] {
    x.detach().to(.float64).contiguous().array(Double.self).map { $0.isNaN ? 0 : $0.bitPattern }
  }
}

/// The value of a function and its gradients, of the first order and, through their own recording, of the second.
func valueAndGradients(_ inputs: [Tensor], second: Bool = true, _ f: ([Tensor]) -> Tensor) -> [Tensor] {
  let leaves = inputs.map { $0.detach().requiresGrad_() }
  let value = f(leaves)
  let slope = Tensor.randn(Array(value.shape), generator: Generator(seed: 9)).to(value.dtype)
  (value * slope).sum().backward(retainGraph: true)
  var results = [value] + leaves.map { $0.grad!.clone() }
  if second {
    let first = grad(outputs: [(value * value * slope).sum()], inputs: leaves, createGraph: true)
    for leaf in leaves { leaf.grad = nil }
    first.map { ($0! * $0!).sum() }.reduce(Tensor.zeros([]), +).backward()
    results += leaves.map { $0.grad!.clone() }
  }
  return results
}

/// Numbers that do not depend on where the default generator stands.
func numbers(_ sizes: Int..., seed: UInt64 = 1) -> Tensor { .randn(sizes, generator: Generator(seed: seed)) }
