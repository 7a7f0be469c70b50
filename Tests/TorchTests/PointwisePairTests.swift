import Testing
import Torch

/// Bounds, ways between tensors and the rarer pairs: gradients, node names, and corners checked against PyTorch 2.15.
@Suite struct PointwisePairTests {
  @Test func gradients() throws {
    let cases: [(String, @Sendable (Tensor, Tensor) -> Tensor)] = [
      ("clampMin", { $0.clampMin($1) }), ("clampMax", { $0.clampMax($1) }),
      ("clampMinNumber", { x, y in x.clampMin(1.03) * y }), ("clampMaxNumber", { x, y in x.clampMax(1.03) * y }),
      ("clamp", { $0.clamp(min: $1) }), ("clampBoth", { $0.clamp(min: $1, max: $1 * 1.2) }),
      ("lerp", { $0.lerp($1, weight: 0.3) }), ("lerpFar", { $0.lerp($1, weight: 0.8) }),
      ("lerpTensor", { $0.lerp($1, weight: $0 * $1) }), ("fmax", { $0.fmax($1) }), ("fmin", { $0.fmin($1) }),
      ("hypot", { $0.hypot($1) }), ("nextafter", { $0.nextafter($1) }), ("copysign", { $0.copysign(-$1) }),
      ("logaddexp", { $0.logaddexp($1) }),
      ("logaddexp2", { $0.logaddexp2($1) }), ("xlogy", { $0.xlogy($1) }), ("rsub", { $0.rsub($1, alpha: 2.5) }),
      ("deg2rad", { ($0 * $1).deg2rad() }), ("rad2deg", { ($0 * $1).rad2deg() }),
      ("cummax", { ($0 * $1).cummax(dim: 1).values }), ("cummin", { ($0 * $1).cummin(dim: 0).values }),
    ]
    let generator = Generator(seed: 5)
    let x = (Tensor.rand(3, 1, generator: generator, dtype: .float64) + 0.6).detach().requiresGrad_()
    let y = (Tensor.rand(1, 4, generator: generator, dtype: .float64) + 0.65).detach().requiresGrad_()
    for (name, f) in cases {
      do {
        try gradcheck({ f($0[0], $0[1]) }, [x, y])
        try gradgradcheck({ f($0[0], $0[1]) }, [x, y], atol: 1e-4)
      } catch { Issue.record("\(name): \(error)") }
    }
  }

  /// On a bound the element and the bound share the gradient; where bounds meet or cross they do not.
  @Test func gradientsOnBounds() {
    func gradients(_ low: Double?, _ high: Double?, _ x: [Double]) -> [[Double]] {
      let x = Tensor(x, dtype: .float64, requiresGrad: true)
      let bounds = [low, high].map { bound in
        bound.map { Tensor.full(x.shape, $0, dtype: .float64, requiresGrad: true) }
      }
      x.clamp(min: bounds[0], max: bounds[1]).sum().backward()
      return ([x] + bounds.compactMap { $0 }).map { $0.grad!.array(Double.self) }
    }
    #expect(gradients(1, 3, [0, 1, 2, 3, 4]) == [[0, 0.5, 1, 0.5, 0], [1, 0.5, 0, 0, 0], [0, 0, 0, 0.5, 1]])
    #expect(gradients(1, 1, [0, 1, 2]) == [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    #expect(gradients(2, 1, [0, 1, 2]) == [[0, 0, 0], [0, 0, 0], [1, 1, 1]])
    #expect(gradients(1, nil, [0, 1, 2, .nan]) == [[0, 0.5, 1, 1], [1, 0.5, 0, 1]])
    #expect(gradients(nil, 1, [0, 1, 2, .nan]) == [[1, 0.5, 0, 1], [0, 0.5, 1, 1]])
  }

  @Test func gradientsBesideNaN() {
    let nan = Double.nan
    func gradients(_ f: (Tensor, Tensor) -> Tensor) -> [[Double]] {
      let x = Tensor([nan, 1, nan, 1, 2, 3], dtype: .float64, requiresGrad: true)
      let y = Tensor([1, nan, nan, 1, 3, 2], dtype: .float64, requiresGrad: true)
      f(x, y).sum().backward()
      return [x, y].map { $0.grad!.array(Double.self) }
    }
    #expect(gradients { $0.fmax($1) } == [[0, 1, 1, 0.5, 0, 1], [1, 0, 0, 0.5, 1, 0]])
    #expect(gradients { $0.fmin($1) } == [[0, 1, 1, 0.5, 1, 0], [1, 0, 0, 0.5, 0, 1]])
  }

  @Test func nodeNames() {
    let x = Tensor([1.5, 2.5], requiresGrad: true)
    let made = [
      x.clampMin(1), x.clampMin(x), x.clampMax(1), x.clampMax(x), x.lerp(x, weight: 0.5), x.lerp(x, weight: x),
      x.copysign(-1), x.xlogy(2), Tensor.xlogy(2, x), x.xlogy(x), x.fmax(x), x.hypot(x), x.sgn(), x.deg2rad(),
      x.rsub(1), x.cummax(dim: 0).values,
    ].map { $0.gradFn!.name }
    #expect(
      made == [
        "ClampMinBackward0", "ClampMinBackward1", "ClampMaxBackward0", "ClampMaxBackward1", "LerpBackward0",
        "LerpBackward1", "CopysignBackward1", "XlogyBackward2", "XlogyBackward1", "XlogyBackward0", "FmaxBackward0",
        "HypotBackward0", "SgnBackward0", "Deg2RadBackward0", "RsubBackward1", "CummaxBackward0",
      ])
  }

  @Test func dtypes() {
    let whole = Tensor([1, 2]), truth = Tensor([true, false])
    #expect(whole.clampMin(1.5).equal(Tensor([1.5, 2])))
    #expect(truth.clampMin(1).dtype == .int64)
    #expect(Tensor([1.0, 2]).clampMin(Double.nan).isnan().all().item() as Bool)
    #expect(whole.copysign(-1).equal(Tensor([-1.0, -2])))
    #expect(truth.copysign(-1).signbit().all().item() as Bool)
    #expect(whole.bitwiseLeftShift(truth).equal(Tensor([2, 2])))
    let small = Tensor([100, -100], dtype: .int8)
    #expect(small.bitwiseLeftShift(3).equal(Tensor([32, -32], dtype: .int8)))
    #expect(small.bitwiseLeftShift(9).equal(Tensor([0, 0], dtype: .int8)))
    #expect(small.bitwiseRightShift(-1).equal(Tensor([0, -1], dtype: .int8)))
    #expect(Tensor.bitwiseLeftShift(300, Tensor([1, 2], dtype: .int8)).equal(Tensor([88, -80], dtype: .int8)))
    #expect(small.clampMax(300).equal(small))
    #expect(whole.rsub(3, alpha: 2).equal(Tensor([1, -1])))
    #expect((5 % Tensor([3, -3])).equal(Tensor([2, -1])))
  }

  @Test func runningExtremes() {
    let (values, indices) = Tensor([1.0, 1, 3, 1, 3]).cummax(dim: 0)
    #expect(values.equal(Tensor([1.0, 1, 3, 3, 3])))
    #expect(indices.equal(Tensor([0, 1, 2, 2, 4])))
    let beside = Tensor([1, Double.nan, 3, 1, 1]).cummin(dim: 0)
    #expect(beside.values.isnan().equal(Tensor([false, true, true, true, true])))
    #expect(beside.indices.equal(Tensor([0, 1, 1, 1, 1])))
    #expect(Tensor.zeros(0, 2).cummax(dim: 0).indices.shape == [0, 2])
  }

  @Test(arguments: ["lerp", "hypot", "shift", "positive", "clampMin"]) func wrongUses(_ name: String) async {
    let expected = [
      "lerp": "lerp: operands have different dtypes, float32 and float64; convert one",
      "hypot": "hypot: takes floating point, not int64; convert first with float()",
      "shift": "bitwise_left_shift: takes whole numbers, not float32; convert first",
      "positive": "positive: takes numbers, not bool; convert with to(.uint8)",
      "clampMin": "clamp_min: the result is float32 and cannot be written into a int64 tensor",
    ]
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [name] in
      let x = Tensor.ones(2), whole = Tensor([1, 2])
      switch name {
      case "lerp": _ = x.lerp(Tensor.ones(2, dtype: .float64), weight: 0.5)
      case "hypot": _ = whole.hypot(whole)
      case "shift": _ = x.bitwiseLeftShift(1)
      case "positive": _ = Tensor([true]).positive()
      default: whole.clampMin_(1.5)
      }
    }
    says(end, expected[name]!)
  }
}
