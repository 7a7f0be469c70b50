import Testing
import Torch

/// Products and special functions where they are delicate; PyTorch 2.15 gave the numbers.
@Suite struct SpecialTests {
  let nan = Double.nan, inf = Double.infinity

  private func check(
    _ got: Tensor, _ want: [Double], rtol: Double = 1e-12, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let wanted = Tensor(want, dtype: .float64)
    #expect(
      got.to(.float64).allclose(wanted, rtol: rtol, atol: 0, equalNan: true), "\(got)", sourceLocation: sourceLocation)
  }

  @Test func betaOfZeroIgnoresWhatIsThere() {
    let x = Tensor.full([2, 2], nan)
    #expect(x.addr(Tensor([1.0, 2]), Tensor([1.0, 1]), beta: 0).equal(Tensor([[1.0, 1], [2, 2]])))
    #expect(Tensor(nan).addmv(Tensor.ones(2, 3), Tensor.ones(3), beta: 0).equal(Tensor([3.0, 3])))
    #expect(Tensor(nan).baddbmm(Tensor.ones(1, 1, 2), Tensor.ones(1, 2, 1), beta: 0).equal(Tensor([[[2.0]]])))
    #expect(Tensor([1]).addmv(Tensor([[2]]), Tensor([3]), beta: 0.2, alpha: 0.6).equal(Tensor([0])))
    let one = Tensor.ones(1)
    one.addbmm_(Tensor.ones(2, 2, 3), Tensor.ones(2, 3, 2))
    #expect(one.equal(Tensor.full([2, 2], 7.0)))
  }

  @Test func products() {
    #expect(Tensor.ones(2, 3).tensordot(Tensor.ones(2, 3), dims: 0).shape == [2, 3, 2, 3])
    #expect(Tensor.ones(2, 1).tensordot(Tensor.ones(3, 2), dims: [[1], [0]]).equal(Tensor.full([2, 2], 3.0)))
    #expect(Tensor.zeros(0, 2).kron(Tensor.ones(2, 3)).shape == [0, 6])
    let bytes = Tensor([1, 2, 3], dtype: .uint8).cross(Tensor([3, 2, 1], dtype: .uint8))
    #expect(bytes.equal(Tensor([252, 8, 252], dtype: .uint8)))
    #expect(Linalg.multiDot([Tensor.ones(2), Tensor.ones(2, 3), Tensor.ones(3)]).item() == 6)
    #expect(Tensor.logspace(0.5, 2.9, 5, dtype: .int64).equal(Tensor([1, 3, 10, 31, 100])))
    #expect(Tensor.logspace(0, 3, 4, dtype: .uint8).equal(Tensor([1, 10, 100, 232], dtype: .uint8)))
  }

  @Test func tails() {
    let x = Tensor([0, -3, 100, -40, nan, inf, -inf], dtype: .float64)
    check(Special.logNdtr(x), [-0.6931471805599453, -6.607726221510345, 0, -804.608442013754, nan, 0, -inf])
    check(Special.erfcx(x), [1, 16205.988853999586, 0.005641613782989432, inf, nan, 0, inf])
    check(Special.i0e(x), [1, 0.24300035416182538, 0.03994437929909668, 0.06327827987523532, nan, 0, 0])
    check(Special.ndtri(Tensor([0, 1, 0.5, 2, 1e-30], dtype: .float64)), [-inf, inf, 0, nan, -11.464024688443613])
    check(Special.entr(Tensor([0, -3, 1, nan, inf], dtype: .float64)), [0, -inf, 0, nan, -inf])
    let zeta = Special.zeta(
      Tensor([1, 0.5, 2, 3, 2, 2.5], dtype: .float64), Tensor([2, 2, -1.5, 0, -1, -1.5], dtype: .float64))
    check(zeta, [inf, nan, 9.379246644989125, inf, inf, nan])
    check(Special.zeta(2, Tensor([-1e12 - 0.5], dtype: .float64)), [9.869604401088358])
    check(
      Tensor.polygamma(2, Tensor([0, -0.5, 30], dtype: .float64)), [-inf, -0.8287966442343199, -0.0011487652037285997])
  }

  @Test func parts() {
    let (mantissa, exponent) = Tensor([0, 1, -3, nan, inf, 1e-40], dtype: .float64).frexp()
    check(mantissa, [0, 0.5, -0.75, nan, inf, 0.5444517870735015])
    #expect(exponent.equal(Tensor([0, 1, 2, 0, 0, -132], dtype: .int32)))
    #expect(Tensor([1e-30]).ldexp(Tensor([140])).allclose(Tensor([1.3937965749081639e12]), rtol: 1e-6))
    #expect(Tensor([nan, inf, -inf], dtype: .float16).nanToNum().equal(Tensor([0, 65504, -65504], dtype: .float16)))
    #expect(Tensor([Int.min]).gcd(Tensor([0])).equal(Tensor([Int.min])))
    #expect(Tensor([100], dtype: .int8).lcm(Tensor([99], dtype: .int8)).equal(Tensor([-84], dtype: .int8)))
    #expect(Tensor([0.0, 2, nan]).heaviside(Tensor([0.5])).equal(Tensor([0.5, 1, 0])))
  }

  @Test func windows() {
    #expect(Signal.Windows.hann(5).allclose(Tensor([0, 0.5, 1, 0.5, 0]), atol: 1e-6))
    check(Signal.Windows.kaiser(1, sym: false, dtype: .float64), [1])
    #expect(Signal.Windows.blackman(0).shape == [0] && Signal.Windows.hamming(3, requiresGrad: true).requiresGrad)
  }

  @Test func wrongOperands() async {
    let sizes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Linalg.multiDot([Tensor.ones(2, 2), Tensor.ones(3, 3)])
    }
    says(sizes, "linalg_multi_dot: tensors 0 and 1 do not fit, got [2, 2] and [3, 3]")
    let inner = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2).addmv(Tensor.ones(2, 3), Tensor.ones(2))
    }
    says(inner, "addmv: inner sizes differ: 3 columns meet 2 rows")
    let mixed = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([0]).heaviside(Tensor([0.5]))
    }
    says(mixed, "heaviside: wants two tensors of one dtype, got int64 and float32; convert one")
  }
}
