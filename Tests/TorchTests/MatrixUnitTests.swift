import Testing
import Torch

/// Products of float32 by the matrix unit against those by vectors and against float64. Where the machine has no such unit
/// both are the same, and the tests still hold.
@Suite(.serialized) struct MatrixUnitTests {
  /// The product with the unit and without.
  private func both(_ work: () -> Tensor) -> (unit: Tensor, vectors: Tensor) {
    let before = backends.cpu.matrixUnits
    defer { backends.cpu.matrixUnits = before }
    backends.cpu.matrixUnits = true
    let unit = work()
    backends.cpu.matrixUnits = false
    return (unit, work())
  }

  private func draw(_ shape: Int...) -> Tensor {
    forkRNG {
      manualSeed(shape.reduce(0) { $0 &* 31 &+ $1 })
      return Tensor.randn(shape)
    }
  }

  private func largest(_ x: Tensor) -> Double { x.abs().max().item() }

  @Test(arguments: [
    (224, 512, 224), (200, 130, 300), (300, 1500, 257), (513, 128, 222), (1000, 177, 130), (131, 700, 1000),
  ]) func errorIsNotGreater(_ m: Int, _ k: Int, _ n: Int) {
    let x = draw(m, k), y = draw(k, n), bias = draw(n)
    let exact = bias.double().addmm(x.double(), y.double())
    let (unit, vectors) = both { bias.addmm(x, y) }
    #expect(largest(unit.double() - exact) <= 2 * largest(vectors.double() - exact))
    let turned = both { bias.addmm(x.t().contiguous().t(), y.t().contiguous().t()) }
    #expect(turned.unit.equal(unit))
  }

  /// Every bit of a number is in one of its parts.
  @Test func productWithOnesKeepsEveryBit() {
    let x = draw(300, 320) * (4 * draw(320, 300).t()).exp()
    #expect(both { x.matmul(Tensor.eye(320)) }.unit.equal(x))
    #expect(both { Tensor.eye(300).matmul(x) }.unit.equal(x))
    let whole = (100 * draw(256, 300)).round()
    let exact = whole.double().matmul(whole.double().t()).float()
    #expect(both { whole.matmul(whole.t()) }.unit.equal(exact))
  }

  @Test func whatHasNoPartsGoesByVectors() {
    for special in [Double.infinity, -Double.infinity, Double.nan] {
      let x = draw(256, 1200), y = draw(1200, 256)
      x[3, 700] = Tensor(special).float()
      let (unit, vectors) = both { x.matmul(y) }
      #expect(unit.isnan().equal(vectors.isnan()))
      #expect(unit.isinf().equal(vectors.isinf()))
      let finite = vectors.isfinite()
      #expect(unit[finite].allclose(vectors[finite], rtol: 1e-4, atol: 1e-4))
    }
    // The greatest numbers have parts, though the next bfloat16 would be infinite.
    let great = Tensor.full([256, 256], 3.4028234663852886e38)
    #expect(both { great.matmul(Tensor.eye(256)) }.unit.equal(great))
  }

  @Test func sumsDoNotDependOnThreads() {
    let x = draw(700, 1100), y = draw(1100, 333), threads = numThreads()
    defer { setNumThreads(threads) }
    var results: [Tensor] = []
    for count in [1, 2, 5] {
      setNumThreads(count)
      results.append(both { x.matmul(y) }.unit)
    }
    #expect(results.allSatisfy { $0.equal(results[0]) })
  }

  /// More rows than are laid out at a time, and a long k, whose blocks add up in the result itself.
  @Test func tallAndLongProducts() {
    let tall = both { draw(9000, 160).matmul(draw(160, 200)) }
    #expect(largest(tall.unit - tall.vectors) < 1e-4)
    let x = draw(5000, 200), y = draw(5000, 210), start = draw(200, 210)
    let (unit, vectors) = both { start.clone().addmm_(x.t(), y) }
    let exact = start.double().addmm(x.double().t(), y.double())
    #expect(largest(unit.double() - exact) <= 2 * largest(vectors.double() - exact))
  }

  /// Large products of bfloat16 go by the unit, smaller ones by oneDNN: both add up in float32 and round once.
  @Test(arguments: [(768, 512, 768), (700, 601, 533), (1100, 900, 250)])
  func bfloat16IsRoundedOnce(_ m: Int, _ k: Int, _ n: Int) {
    let x = draw(m, k).bfloat16(), y = draw(k, n).bfloat16(), bias = draw(n).bfloat16()
    let exact = bias.double().addmm(x.double(), y.double())
    // Half a unit in the last place of a bfloat16, and what float32 sums lose.
    let bound = exact.abs() / 256 + 1e-4
    let (unit, library) = both { bias.addmm(x, y) }
    #expect(((unit.double() - exact).abs() .<= bound).all().item())
    #expect(((library.double() - exact).abs() .<= bound).all().item())
    let turned = both { bias.addmm(x.t().contiguous().t(), y.t().contiguous().t()) }
    #expect(turned.unit.equal(unit))
    let strange = both { bias.addmm(Tensor.stack([x, x], dim: 2).select(dim: 2, index: 1), y) }
    #expect(strange.unit.equal(unit))
  }

  @Test func bfloat16KeepsWhatIsNotFinite() {
    let x = draw(640, 640).bfloat16(), y = draw(640, 640).bfloat16()
    x[3, 70] = Tensor(Double.infinity).bfloat16()
    y[5, 9] = Tensor(Double.nan).bfloat16()
    let (unit, library) = both { x.matmul(y) }
    #expect(unit.isnan().equal(library.isnan()))
    #expect(unit.isinf().equal(library.isinf()))
    #expect(unit[3].isinf().any().item())
  }

  @Test func sumsOfBfloat16DoNotDependOnThreads() {
    let threads = numThreads()
    defer { setNumThreads(threads) }
    for (m, k, n) in [(700, 1100, 333), (3000, 300, 260)] {
      let x = draw(m, k).bfloat16(), y = draw(k, n).bfloat16()
      var results: [Tensor] = []
      for count in [1, 2, 5] {
        setNumThreads(count)
        results.append(both { x.matmul(y) }.unit)
      }
      #expect(results.allSatisfy { $0.equal(results[0]) })
    }
  }
}
