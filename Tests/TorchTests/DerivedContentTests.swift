import Synchronization
import Testing
import Torch

/// What is kept beside a storage is made anew after every kind of write, and only then.
@Suite struct DerivedContentTests {
  private func sum(_ x: Tensor, _ made: inout Int, with others: [Tensor] = []) -> Double {
    let body = x.detach()
    var count = 0
    let value = x.storage.derived(DerivedKey(.foldedNorm, [x.numel()]), with: others.map(\.storage)) {
      count += 1
      return body.sum().item() + others.reduce(0.0) { $0 + $1.detach().sum().item() }
    }
    made += count
    return value
  }

  @Test func isMadeOncePerContent() {
    let x = Tensor.ones(2000)
    var made = 0
    #expect(sum(x, &made) == 2000)
    #expect(sum(x, &made) == 2000)
    #expect(made == 1)
    x.add_(1)
    #expect(sum(x, &made) == 4000)
    #expect(made == 2)
    x[0...10] = Tensor(5.0)
    #expect(sum(x, &made) == 4000 + 11 * 3)
    #expect(made == 3)
  }

  @Test func seesWritesThatTheVersionDoesNotCount() {
    let x = Tensor.ones(100)
    var made = 0
    #expect(sum(x, &made) == 100)
    let version = x.version
    x.data.fill_(3)
    #expect(x.version == version)
    #expect(sum(x, &made) == 300)
    x.withUnsafeMutableBytes { $0.withMemoryRebound(to: Float.self) { $0[0] = 4 } }
    #expect(sum(x, &made) == 301)
    #expect(made == 3)
  }

  @Test func followsTheOthersToo() {
    let x = Tensor.ones(10), y = Tensor.ones(10)
    var made = 0
    #expect(sum(x, &made, with: [y]) == 20)
    #expect(sum(x, &made, with: [y]) == 20)
    #expect(made == 1)
    y.mul_(2)
    #expect(sum(x, &made, with: [y]) == 30)
    // Another storage of equal versions is not the same source.
    #expect(sum(x, &made, with: [Tensor.ones(10).mul_(3)]) == 40)
    #expect(made == 3)
  }

  @Test func goesWithItsStorage() {
    final class Content: Sendable {}
    weak var kept: Content?
    do {
      let x = Tensor.ones(3000)
      kept = x.storage.derived(DerivedKey(.foldedNorm, [])) { Content() }
      #expect(kept != nil)
      #expect(x.storage.derived(DerivedKey(.foldedNorm, [])) { Content() } === kept)
    }
    #expect(kept == nil)
    let y = Tensor.ones(3000)
    kept = y.storage.derived(DerivedKey(.foldedNorm, [])) { Content() }
    y.storage.dropDerived()
    #expect(kept == nil)
  }

  @Test func memoryOfTheUserKeepsNothing() {
    nonisolated(unsafe) let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 40, alignment: 64)
    memory.withMemoryRebound(to: Float.self) { for i in 0..<10 { $0[i] = 1 } }
    let x = Tensor(sharing: memory, shape: [10], dtype: .float32) { memory.deallocate() }
    var made = 0
    #expect(sum(x, &made) == 10)
    memory.withMemoryRebound(to: Float.self) { $0[0] = 2 }
    #expect(sum(x, &made) == 11)
    #expect(made == 2)
  }

  @Test func manyThreadsMayAsk() {
    let x = Tensor.ones(100)
    let wrong = Atomic(0)
    parallelFor(64, grain: 1) { range in
      for _ in range {
        let value = x.storage.derived(DerivedKey(.foldedNorm, [])) { 100 }
        if value != 100 { wrong.add(1, ordering: .relaxed) }
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }
}
