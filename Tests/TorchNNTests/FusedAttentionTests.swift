import Testing
import Torch
import TorchNN

/// Attention in blocks against attention by whole scores.
@Suite struct FusedAttentionTests {
  typealias Sizes = (batch: [Int], length: Int, count: Int, width: Int, depth: Int)

  static let sizes: [Sizes] = [
    ([2, 3], 5, 7, 4, 6), ([1], 1, 1, 1, 1), ([], 6, 3, 5, 2), ([2, 2], 100, 100, 64, 64), ([1, 2], 33, 300, 16, 9),
    ([2], 300, 1000, 8, 5), ([2, 1, 3], 17, 16, 3, 3),
  ]

  /// What may hide keys, by name; bool is true where a query may see.
  static let masks = ["none", "causal", "bool", "blind rows", "float", "of keys", "of queries", "of one head"]

  static func work(_ sizes: Sizes, mask: String, dropout: Double) -> FusedWork {
    FusedWork("\(sizes), mask \(mask), dropout \(dropout)") {
      let (l, s) = (sizes.length, sizes.count)
      func of(_ rows: Int, _ columns: Int, _ seed: UInt64) -> Tensor {
        Tensor.randn(sizes.batch + [rows, columns], generator: Generator(seed: seed))
      }
      let seen = Tensor.rand(l, s, generator: Generator(seed: 4)) .> 0.4
      let hidden: Tensor? =
        switch mask {
        case "bool": seen.logicalOr(Tensor.eye(l, s).to(.bool)).logicalOr(Tensor.arange(s) .< 1)
        case "blind rows": seen.logicalAnd(Tensor.arange(l).unsqueeze(1) .> l / 2)
        case "float": Tensor.randn(sizes.batch + [l, s], generator: Generator(seed: 5))
        case "of keys": Tensor.randn(s, generator: Generator(seed: 6))
        case "of queries": Tensor.randn(l, 1, generator: Generator(seed: 7))
        case "of one head": Tensor.randn(s, l, generator: Generator(seed: 8)).t()
        default: nil
        }
      let inputs = [of(l, sizes.width, 1), of(s, sizes.width, 2), of(s, sizes.depth, 3)]
      return valueAndGradients(inputs, second: l * s < 2000) {
        F.scaledDotProductAttention(
          $0[0], $0[1], $0[2], attnMask: hidden, dropoutP: dropout, isCausal: mask == "causal")
      }
    }
  }

  @Test(arguments: sizes.indices) func blocksGiveWhatWholeScoresGive(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in
      for mask in Self.masks {
        for dropout in [0, 0.3] { Self.work(Self.sizes[index], mask: mask, dropout: dropout).check() }
      }
    }
  }

  /// Operands that lie anywhere, other scales, shared heads, half types.
  static let others: [FusedWork] = [
    FusedWork("heads inside") {
      valueAndGradients([numbers(2, 5, 3, 4), numbers(2, 6, 3, 4, seed: 2), numbers(2, 6, 3, 4, seed: 3)]) { x in
        let heads = x.map { $0.transpose(1, 2) }
        return F.scaledDotProductAttention(heads[0], heads[1], heads[2], scale: -0.7)
      }
    },
    FusedWork("features first") {
      valueAndGradients([numbers(4, 5), numbers(4, 6, seed: 2), numbers(3, 6, seed: 3)]) { x in
        F.scaledDotProductAttention(x[0].t(), x[1].t(), x[2].t())
      }
    },
    FusedWork("shared heads") {
      valueAndGradients([numbers(2, 4, 5, 3), numbers(2, 2, 6, 3, seed: 2), numbers(2, 2, 6, 3, seed: 3)]) {
        F.scaledDotProductAttention($0[0], $0[1], $0[2], enableGqa: true)
      }
    },
    FusedWork("one for all") {
      valueAndGradients([numbers(2, 4, 5, 3)]) { F.scaledDotProductAttention($0[0], $0[0], $0[0], isCausal: true) }
    },
    FusedWork("of what is no number") {
      let x = numbers(6, 4), y = numbers(6, 4, seed: 2)
      x[1, 1] = Tensor(Double.nan)
      y[2, 2] = Tensor(Double.infinity)
      return [F.scaledDotProductAttention(x, numbers(6, 4, seed: 3), y)]
    },
    FusedWork("a learnt mask") {
      valueAndGradients([numbers(2, 5, 4), numbers(5, 5, seed: 2)]) {
        F.scaledDotProductAttention($0[0], $0[0], $0[0], attnMask: $0[1])
      }
    },
  ]

  @Test(arguments: others.indices) func blocksTakeWhatLiesAnywhere(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in Self.others[index].check() }
  }

  @Test func halfTypesAreRoundedOnce() async {
    await #expect(processExitsWith: .success) {
      for dtype in [DType.bfloat16, .float16] {
        FusedWork("\(dtype)") {
          let x = numbers(2, 3, 9, 8).to(dtype)
          return valueAndGradients([x], second: false) {
            F.scaledDotProductAttention($0[0], $0[0], $0[0], dropoutP: 0.2)
          }
        }.check(0.02)
      }
    }
  }

  /// The quick way is the one that is taken.
  @Test func aPlainCallGoesByBlocks() {
    let x = numbers(2, 3, 4)
    #expect(x.takesTiledAttention(x, x, bias: nil, dropout: 0.1) == backends.cpu.tiledAttention)
    #expect(!x.takesTiledAttention(x, x, bias: .zeros(5, 2, 3, 3), dropout: 0))
    #expect(!x.double().takesTiledAttention(x.double(), x.double(), bias: nil, dropout: 0))
  }
}
