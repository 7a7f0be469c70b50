import Testing
import Torch
import TorchBackend
import TorchNN

/// Attention whose products go by the matrix unit. Where the machine has none most of these hold all the same.
@Suite struct AttentionUnitTests {
  /// Large enough for the unit: odd sizes; more than one range of keys, and of queries; one head and several.
  static let sizes: [FusedAttentionTests.Sizes] = [
    ([1], 257, 291, 33, 80), ([2], 130, 700, 48, 40), ([], 515, 145, 64, 35), ([1, 3], 256, 256, 64, 64),
  ]

  @Test(arguments: sizes.indices) func unitGivesWhatWholeScoresGive(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in
      for mask in FusedAttentionTests.masks {
        for dropout in [0, 0.3] {
          FusedAttentionTests.work(Self.sizes[index], mask: mask, dropout: dropout).check()
        }
      }
    }
  }

  static let others: [FusedWork] = [
    FusedWork("heads inside") {
      valueAndGradients(
        [numbers(2, 200, 3, 64), numbers(2, 210, 3, 64, seed: 2), numbers(2, 210, 3, 64, seed: 3)], second: false
      ) { x in
        let heads = x.map { $0.transpose(1, 2) }
        return F.scaledDotProductAttention(heads[0], heads[1], heads[2], scale: -0.2)
      }
    },
    FusedWork("features first") {
      valueAndGradients([numbers(40, 300), numbers(40, 270, seed: 2), numbers(50, 270, seed: 3)], second: false) { x in
        F.scaledDotProductAttention(x[0].t(), x[1].t(), x[2].t(), isCausal: true)
      }
    },
    FusedWork("shared heads") {
      valueAndGradients(
        [numbers(1, 4, 220, 64), numbers(1, 2, 220, 64, seed: 2), numbers(1, 2, 220, 64, seed: 3)], second: false
      ) {
        F.scaledDotProductAttention($0[0], $0[1], $0[2], enableGqa: true)
      }
    },
    FusedWork("great differences between scores") {
      valueAndGradients([numbers(1, 256, 64) * 8, numbers(1, 256, 64, seed: 2) * 8], second: false) {
        F.scaledDotProductAttention($0[0], $0[1], $0[1])
      }
    },
  ]

  @Test(arguments: others.indices) func unitTakesWhatLiesAnywhere(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in Self.others[index].check() }
  }

  /// Results and gradients of the same work with the unit, without, and in float64.
  private static func each(
    _ inputs: [Tensor], isCausal: Bool = false
  ) -> (unit: [Tensor], vectors: [Tensor], exact: [Tensor]) {
    func run(_ x: [Tensor], _ isOn: Bool) -> [Tensor] {
      backends.cpu.matrixUnits = isOn
      return valueAndGradients(x, second: false) {
        F.scaledDotProductAttention($0[0], $0[1], $0[2], isCausal: isCausal)
      }.map { $0.detach() }
    }
    return (run(inputs, true), run(inputs, false), run(inputs.map { $0.double() }, false))
  }

  /// The root of the mean square.
  private static func spread(_ x: Tensor) -> Double { x.double().pow(2).mean().sqrt().item() }

  @Test func errorIsNotGreater() async {
    await #expect(processExitsWith: .success) {
      for (length, count, width, isCausal) in [(384, 640, 64, false), (512, 512, 32, true), (200, 200, 128, false)] {
        let inputs = [
          numbers(2, length, width), numbers(2, count, width, seed: 2), numbers(2, count, width, seed: 3),
        ]
        let (unit, vectors, exact) = Self.each(inputs, isCausal: isCausal)
        for i in unit.indices {
          let (mine, theirs) = (Self.spread(unit[i].double() - exact[i]), Self.spread(vectors[i].double() - exact[i]))
          guard mine <= 1.05 * theirs else { fatalError("result \(i) of \(length): \(mine), by vectors \(theirs)") }
        }
      }
    }
  }

  /// What holds something infinite or NaN is computed as it is without the unit, to the bit; other heads are not touched.
  @Test func headsWithWhatHasNoPartsGoByVectors() async {
    await #expect(processExitsWith: .success) {
      for special in [Double.infinity, -Double.infinity, Double.nan] {
        for operand in 0..<3 {
          let inputs = [numbers(2, 230, 64), numbers(2, 240, 64, seed: 2), numbers(2, 240, 64, seed: 3)]
          inputs[operand][0, 229, 5] = Tensor(special).float()
          let (unit, vectors, _) = Self.each(inputs)
          for (i, (a, b)) in zip(unit, vectors).enumerated() {
            guard a[0].allclose(b[0], rtol: 0, atol: 0, equalNan: true), a[1].allclose(b[1], rtol: 1e-4, atol: 1e-5)
            else {
              fatalError("result \(i), with \(special) in operand \(operand)")
            }
            if i == 0 && b[0].isfinite().all().item() != 0 { fatalError("nothing of \(special) is seen") }
          }
        }
      }
      // Scores that are too large to be numbers, of operands that are not.
      let great = numbers(2, 230, 64) * 1e30
      let (unit, vectors, _) = Self.each([great, great, numbers(2, 230, 64)])
      for (a, b) in zip(unit, vectors) where !a.allclose(b, rtol: 0, atol: 0, equalNan: true) {
        fatalError("scores that are infinite")
      }
    }
  }

  /// The switch decides, and so does the size.
  @Test(.enabled(if: TiledAttention.hasUnit)) func largeHeadsGoByTheUnit() async {
    await #expect(processExitsWith: .success) {
      let large = Self.each([numbers(1, 256, 64), numbers(1, 256, 64, seed: 2), numbers(1, 256, 64, seed: 3)])
      let small = Self.each([numbers(1, 64, 64), numbers(1, 64, 64, seed: 2), numbers(1, 64, 64, seed: 3)])
      for i in large.unit.indices {
        guard !large.unit[i].equal(large.vectors[i]), small.unit[i].equal(small.vectors[i]) else {
          fatalError("result \(i) went the other way")
        }
      }
    }
  }
}
