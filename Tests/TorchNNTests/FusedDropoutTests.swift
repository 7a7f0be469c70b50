import Testing
import Torch
import TorchNN

/// Dropout by masks of bytes against dropout by masks of numbers: the same bits.
@Suite struct FusedDropoutTests {
  static let works: [FusedWork] = [
    FusedWork("plain") { valueAndGradients([numbers(3, 45)]) { F.dropout($0[0], p: 0.3) } },
    FusedWork("of many") { valueAndGradients([numbers(300, 701)]) { F.dropout($0[0], p: 0.1) } },
    FusedWork("transposed") { valueAndGradients([numbers(5, 7, 3).transpose(0, 2)]) { F.dropout($0[0], p: 0.5) } },
    FusedWork("transposed inside") { valueAndGradients([numbers(5, 7, 3)]) { F.dropout($0[0].transpose(0, 2)) } },
    FusedWork("with gaps") { valueAndGradients([numbers(6, 50)]) { F.dropout($0[0][0..., 3..<30], p: 0.7) } },
    FusedWork("of one number") { valueAndGradients([numbers()]) { F.dropout($0[0], p: 0.2) } },
    FusedWork("after odd draws") {
      _ = Tensor.rand(1)
      return valueAndGradients([numbers(777)]) { F.dropout($0[0], p: 0.9) }
    },
    FusedWork("of what is no number") {
      let x = Tensor([Double.infinity, -.infinity, .nan, 0, -0.0, 1]).to(.float32).repeat(9)
      return [F.dropout(x, p: 0.5)]
    },
    FusedWork("with a gradient of one number") {
      let x = numbers(40, 2).requiresGrad_()
      F.dropout(x, p: 0.5).sum().backward()
      return [x.grad!]
    },
    FusedWork("by its module") {
      let layer = Dropout(0.25)
      return valueAndGradients([numbers(64, 3)]) { layer($0[0]) } + [layer.eval()(numbers(4))]
    },
  ]

  @Test(arguments: works.indices) func masksOfBytesGiveTheSameBits(_ index: Int) async {
    await #expect(processExitsWith: .success) { [index = index as Int] in
      Self.works[index].check(0)
    }
  }

  /// The draws are those of one thread, and the generator stands where one thread leaves it.
  @Test func drawsDoNotDependOnTheThreads() async {
    await #expect(processExitsWith: .success) {
      for (count, before) in [(200_003, 0), (131_072, 1), (65_536, 623), (1 << 20, 7)] {
        let all = [1, 2, 3, 8].map { threads in
          setNumThreads(threads)
          let generator = Generator(seed: 11)
          _ = Tensor.rand(before, generator: generator)
          let drawn = Tensor.empty(count).bernoulli_(p: 0.3, generator: generator)
          return (drawn, Tensor.rand(5, generator: generator))
        }
        let share = all[0].0.mean().item() as Double
        guard (share - 0.3).magnitude < 0.01 else { fatalError("\(share) of \(count) draws are 1") }
        for (drawn, next) in all where !drawn.equal(all[0].0) || !next.equal(all[0].1) {
          fatalError("\(count) draws after \(before) depend on the threads")
        }
      }
    }
  }
}
