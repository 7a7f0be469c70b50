import Foundation
import Testing
import Torch
import TorchData

@Suite(.serialized) struct LoaderTests {
  private struct Numbers: Dataset {
    let count: Int
    subscript(index: Int) -> (Tensor, Int) { (Tensor(Double(index)), index) }
  }

  private func golden() throws -> [String: Any] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Goldens/spine.json")
    let all = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as! [String: Any]
    return all["order"] as! [String: Any]
  }

  private func order(_ loader: DataLoader<(Tensor, Tensor)>) -> [[Int]] {
    loader.map { $0.1.array(Int.self) }
  }

  @Test func theOrderIsTorchs() throws {
    let golden = try golden()
    let small = golden["seed1"] as! [String: Any]
    func expect(_ name: String, _ got: [[Int]]) { #expect(got == small[name] as! [[Int]], "\(name)") }
    forkRNG {
      manualSeed(0)
      let loader = DataLoader(Numbers(count: 320), batchSize: 64, shuffle: true)
      for (epoch, wanted) in (golden["seed0"] as! [[[Int]]]).enumerated() {
        let isEqual = order(loader) == wanted
        #expect(isEqual, "epoch \(epoch)")
      }
      let data = Numbers(count: 10)
      manualSeed(1)
      expect("ragged", order(DataLoader(data, batchSize: 4, shuffle: true)))
      expect("dropLast", order(DataLoader(data, batchSize: 4, shuffle: true, dropLast: true)))
      expect("sequential", order(DataLoader(data, batchSize: 4)))
      let own = DataLoader(data, batchSize: 4, shuffle: true, generator: Generator(seed: 7))
      expect("ownGenerator", order(own))
      expect("ownGeneratorSecondEpoch", order(own))
    }
  }

  @Test func dataSetsAndParts() throws {
    let x = Tensor.arange(20).reshape(10, 2), y = Tensor.arange(10)
    let pairs = TensorDataset(x, y)
    let subset = Subset(pairs, indices: [7, 3, 3])
    let loader = DataLoader(subset, batchSize: 2)
    #expect(loader.count == 2 && Array(loader).count == 2)
    let (a, b) = try loader.batch([0, 2])
    #expect(a.array(Int.self) == [14, 15, 6, 7] && b.array(Int.self) == [7, 3])
    #expect(DataLoader(subset, batchSize: 2, dropLast: true).count == 1)
    #expect(DataLoader(TensorDataset(y), batchSize: 10).map { $0.array(Int.self) } == [Array(0..<10)])
    let parts = randomSplit(pairs, [0.75, 0.25], generator: Generator(seed: 1))
    #expect(parts.map(\.count) == [8, 2])
    #expect(Set(parts.flatMap(\.indices)) == Set(0..<10))
    let sums = DataLoader(Numbers(count: 4), batchSize: 2) { samples in samples.map(\.1).reduce(0, +) }
    #expect(Array(sums) == [1, 5])
  }
}
