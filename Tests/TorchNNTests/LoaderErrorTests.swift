// What a caller of `batch(_:)` catches.

import Testing
import TorchData
import TorchNN

private struct Missing: Error, Equatable { let index: Int }

private struct Flaky: Dataset {
  let count = 6
  subscript(index: Int) -> (Tensor, Int) {
    get throws {
      if index == 4 { throw Missing(index: index) }
      return (.ones(index == 5 ? 3 : 2), index)
    }
  }
}

private struct Uneven: Dataset {
  let count = 2
  subscript(index: Int) -> [Tensor] { Array(repeating: .ones(2), count: index + 1) }
}

@Suite struct LoaderErrorTests {
  @Test func theErrorIsTheDataSets() throws {
    let loader = DataLoader(Flaky(), batchSize: 2)
    #expect(throws: Missing(index: 4)) { try loader.batch([1, 4]) }
    #expect(throws: CollateError.self) { try loader.batch([0, 5]) }
    #expect(try loader.batch([0, 1]).0.shape == [2, 2])
    let error = #expect(throws: CollateError.self) { try DataLoader(Uneven(), batchSize: 2).batch([0, 1]) }
    #expect(error?.description == "sample 0 has 1 parts, sample 1 has 2")
    struct Refused: Error {}
    let custom = DataLoader(Flaky(), batchSize: 2) { _ -> Int in throw Refused() }
    #expect(throws: Refused.self) { try custom.batch([0]) }
  }

  @Test func countsOfBatches() {
    func count(_ samples: Int, _ batchSize: Int, dropLast: Bool) -> [Int] {
      let loader = DataLoader(TensorDataset(Tensor.zeros(samples, 1)), batchSize: batchSize, dropLast: dropLast)
      return [loader.count] + loader.map { $0.shape[0] }
    }
    #expect(count(10, 4, dropLast: false) == [3, 4, 4, 2])
    #expect(count(10, 4, dropLast: true) == [2, 4, 4])
    #expect(count(8, 4, dropLast: true) == [2, 4, 4])
    #expect(count(3, 4, dropLast: true) == [0])
    #expect(count(0, 4, dropLast: false) == [0])
  }

  @Test func everyLoopIsAnEpoch() {
    let loader = DataLoader(TensorDataset(Tensor.arange(4)), batchSize: 2)
    for _ in 0..<2 { #expect(loader.map { $0.array(Int.self) } == [[0, 1], [2, 3]]) }
    var iterator = loader.makeIterator()
    #expect(iterator.next() != nil && iterator.next() != nil && iterator.next() == nil && iterator.next() == nil)
  }
}
