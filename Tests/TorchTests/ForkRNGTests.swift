import Testing
import Torch

@Suite struct ForkRNGTests {
  @Test func leavesTheStreamOutsideWhereItWas() {
    forkRNG {
      manualSeed(3)
      let before = getRNGState().array(UInt8.self)
      let first = forkRNG { () -> [Double] in
        manualSeed(7)
        return Tensor.rand(4).array()
      }
      #expect(first == Tensor.rand(4, generator: Generator(seed: 7)).array())
      #expect(getRNGState().array(UInt8.self) == before)
      // Without a seed of its own the fork goes on where the outer stream stands.
      let copied = forkRNG { Tensor.rand(4).array() as [Double] }
      #expect(copied == Tensor.rand(4).array())
    }
  }

  @Test func threadsDoNotDisturbOneAnother() async {
    let draws = await withTaskGroup(of: [Double].self) { group in
      for _ in 0..<8 {
        group.addTask {
          forkRNG {
            manualSeed(1)
            return (0..<50).flatMap { _ in Tensor.randn(3).array() as [Double] }
          }
        }
      }
      return await group.reduce(into: [[Double]]()) { $0.append($1) }
    }
    #expect(draws.allSatisfy { $0 == draws[0] })
  }
}
